from __future__ import annotations

import getpass
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.errors import XManagerError
from accounts.principals import command_line
from accounts.roles import ROLES
from accounts.services.people import create_operator


class Command(BaseCommand):
    help = "Make a person who signs in at /admin/."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--username", required=True)
        parser.add_argument("--role", required=True, choices=ROLES)
        parser.add_argument(
            "--password-stdin", action="store_true", help="Read the password as one line."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            create_operator(
                username=options["username"],
                role=options["role"],
                password=self._password(options["password_stdin"]),
                actor=command_line("create_operator"),
            )
        except XManagerError as error:
            raise CommandError(error.detail) from None
        self.stdout.write(f"{options['username']} ({options['role']}) can sign in at /admin/.")

    def _password(self, from_stdin: bool) -> str:
        if from_stdin:
            return sys.stdin.readline().rstrip("\r\n")
        first = getpass.getpass("Password: ")
        if first != getpass.getpass("Again: "):
            raise CommandError("The two passwords differ.")
        return first
