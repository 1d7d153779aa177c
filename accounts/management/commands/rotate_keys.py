from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.services.key_rotation import rotate_secrets


class Command(BaseCommand):
    help = (
        "Encrypt every stored secret anew under the first key of FIELD_ENCRYPTION_KEY. Put a new "
        "key in front of the old one, run this, then take the old one away."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        rotation = rotate_secrets()
        for label, count in rotation.saved.items():
            self.stdout.write(f"{label}: {count} {'row' if count == 1 else 'rows'} re-encrypted")
        if rotation.unreadable:
            raise CommandError(
                "No key in FIELD_ENCRYPTION_KEY opens: "
                + ", ".join(rotation.unreadable)
                + ". Add the key they were written with and run this again, or connect those "
                "accounts again."
            )
        self.stdout.write("All secrets are under the first key. Older keys can be taken away.")
