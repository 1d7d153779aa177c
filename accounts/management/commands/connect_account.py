from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.errors import InvalidError, XManagerError
from accounts.principals import command_line
from accounts.services.connect import QueueChoice, connect_account
from accounts.services.credential_sources import (
    NAMES,
    OAUTH1_NAMES,
    OAUTH2_NAMES,
    credentials_from,
    values_from_environment,
    values_from_file,
)
from accounts.services.sandbox_accounts import sandbox_account
from accounts.states import AppPlan
from accounts.x.credentials import OAuth1Credentials, OAuth2Credentials


def _option(name: str) -> str:
    return "--" + name.removeprefix("X_").lower().replace("_", "-")


class Command(BaseCommand):
    help = (
        "Connect a slot to an X account: the credentials are verified with X before they are "
        "kept. They come from --from-env, --file or options; in sandbox mode, without any, the "
        "sandbox lends its account of the slot's number."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--slot", type=int, required=True)
        source = parser.add_mutually_exclusive_group()
        source.add_argument(
            "--from-env",
            action="store_true",
            help=f"OAuth 1.0a: {', '.join(OAUTH1_NAMES)}. OAuth 2.0: {', '.join(OAUTH2_NAMES)}. "
            "Each may also be a file named in NAME_FILE.",
        )
        source.add_argument(
            "--file", type=Path, help="JSON, or lines of NAME=value, with the names of --from-env"
        )
        for name in NAMES:
            parser.add_argument(
                _option(name),
                dest=name,
                metavar="VALUE",
                help=f"{name}; other users of this machine can see options, a file is safer",
            )
        parser.add_argument("--timezone", help="of the account, like Europe/Lisbon; new ones: UTC")
        parser.add_argument("--app", help="name of the developer app that the keys belong to")
        parser.add_argument(
            "--plan", choices=AppPlan.values, help="what X sold that app; new ones: self_serve"
        )
        parser.add_argument(
            "--cancel-queue",
            action="store_true",
            help="the slot goes to another X account: cancel what is queued for the former one",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            credentials, app_name = self._credentials(options)
            account = connect_account(
                slot=options["slot"],
                credentials=credentials,
                actor=command_line("connect_account"),
                timezone=options["timezone"],
                app_name=app_name,
                plan=AppPlan(options["plan"]) if options["plan"] else None,
                deal_with_queue=(
                    QueueChoice.CANCEL if options["cancel_queue"] else QueueChoice.REFUSE
                ),
            )
        except XManagerError as error:
            raise CommandError(error.detail) from None
        self.stdout.write(
            f"Slot {account.slot} is connected: @{account.username}, "
            f"{account.get_auth_kind_display()}, {account.timezone}."
        )

    def _credentials(
        self, options: dict[str, Any]
    ) -> tuple[OAuth1Credentials | OAuth2Credentials, str | None]:
        """The credentials from the one source that was named, and the app's name."""
        app_name: str | None = options["app"]
        values = {name: options[name] for name in NAMES if options[name] is not None}
        if values and (options["from_env"] or options["file"]):
            raise InvalidError(
                "credentials_mixed",
                f"Give the credentials in one way: by {_option(next(iter(values)))} and its like, "
                "or by --from-env, or by --file.",
            )
        if options["from_env"]:
            values = values_from_environment()
        elif options["file"]:
            values = values_from_file(options["file"])
        elif not values and settings.XM_MODE == "sandbox":
            lent = sandbox_account(options["slot"])
            return lent.credentials, app_name or lent.app
        return credentials_from(values), app_name
