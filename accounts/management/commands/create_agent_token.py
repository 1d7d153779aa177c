from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.errors import XManagerError
from accounts.principals import command_line
from accounts.services.agents import DEFAULT_DAYS, create_agent_token


def _listed(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


class Command(BaseCommand):
    help = "Make a key to the API for an agent. It is the last line printed, and shown only now."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", required=True, help="The agent; made if it is new.")
        parser.add_argument("--scopes", required=True, help="Comma-separated, such as posts:write.")
        parser.add_argument("--accounts", help="Account slots, comma-separated; default: all.")
        parser.add_argument(
            "--networks", help="Where it may be used from, such as 192.0.2.0/24; default: anywhere."
        )
        parser.add_argument("--expires-days", type=int, default=DEFAULT_DAYS)

    def handle(self, *args: Any, **options: Any) -> None:
        slots = None
        if options["accounts"] is not None:
            try:
                slots = [int(slot) for slot in _listed(options["accounts"])]
            except ValueError:
                slots = []
            if not slots:  # an empty variable of a script must not mean every account
                raise CommandError(
                    "--accounts takes slot numbers, such as 1,2; leave it out "
                    "to allow every account."
                )
        try:
            _, key = create_agent_token(
                name=options["name"],
                scopes=_listed(options["scopes"]),
                slots=slots,
                networks=_listed(options["networks"] or ""),
                expires_days=options["expires_days"],
                actor=command_line("create_agent_token"),
            )
        except XManagerError as error:
            raise CommandError(error.detail) from None
        self.stderr.write("Keep this key; it is not shown again.")
        self.stdout.write(key)
