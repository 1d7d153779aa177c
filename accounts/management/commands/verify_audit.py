from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import audit


class Command(BaseCommand):
    help = (
        "Check the whole audit chain: edits, deletions, insertions, reordering and a cut-off end. "
        "Exit code 1 names the first bad event."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        report = audit.verify()
        waiting = f" {report.unsealed} not sealed yet." if report.unsealed else ""
        if not report.ok:
            raise CommandError(
                f"The audit chain is broken: {report.problem}. The {report.rows} "
                f"{'event' if report.rows == 1 else 'events'} before that are as they were "
                f"sealed.{waiting} Compare with a backup."
            )
        self.stdout.write(
            f"The audit chain is whole: {report.rows} "
            f"{'event' if report.rows == 1 else 'events'}.{waiting}"
        )
