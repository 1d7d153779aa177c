from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from xmanager.first_sign_in import working_sign_in


class Command(BaseCommand):
    help = "Show the first operator's one-time password, while it still works."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        sign_in = working_sign_in(Path(settings.XM_HOME))
        if sign_in is None:
            self.stderr.write(
                "There is no one-time password that still works. Set one with "
                "`./xm changepassword USERNAME`."
            )
            return
        self.stdout.write(
            f"Sign in as {sign_in.username} with the one-time password {sign_in.password}"
        )
