from __future__ import annotations

from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.access import account_for
from accounts.errors import XManagerError
from accounts.principals import command_line
from publishing.models import PostImport
from publishing.services.import_options import ImportOptions, line_numbers
from publishing.services.imports import begin_import, continue_import, read_upload
from publishing.states import ImportResult

ACTOR = command_line("import_posts")


def _lines(value: str) -> tuple[int, ...]:
    try:
        return line_numbers(value)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None


class Command(BaseCommand):
    """Imports in this process, with or without a running worker."""

    help = "Schedule the posts of a CSV file. Exit code 1 if rows had errors."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--slot", type=int, required=True, help="The account's slot.")
        parser.add_argument("--dry-run", action="store_true", help="Check only; write nothing.")
        parser.add_argument(
            "--format", choices=("auto", "xmanager", "hootsuite", "buffer"), default="auto"
        )
        parser.add_argument(
            "--timezone", default="", help="Zone of times without one; default: the account's."
        )
        parser.add_argument(
            "--date-order",
            choices=("auto", "mdy", "dmy"),
            default="auto",
            help="How to read dates such as 03/04/2026.",
        )
        parser.add_argument(
            "--partial", action="store_true", help="Import the good rows of a file with bad ones."
        )
        parser.add_argument(
            "--lines", type=_lines, metavar="2,5-9", help="Only the posts in these lines."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        row = self._import(options)
        for item in row.items.order_by("position").values_list("line", "result", "post_id"):
            self.stdout.write(_item_line(row, *item))
        for kind, found in (("note", row.notes), ("error", row.errors)):
            for each in found:
                column = f", column {each['column']}" if each["column"] else ""
                text = f"line {each['line']}{column}: {each['detail']} ({each['code']})"
                if kind == "error":
                    self.stderr.write(text)
                else:
                    self.stdout.write(f"note, {text}")
        self.stdout.write(_summary(row))
        if row.errors:
            raise SystemExit(1)

    def _import(self, options: dict[str, Any]) -> PostImport:
        path: Path = options["file"]
        try:
            account = account_for(ACTOR, options["slot"])
            with path.open("rb") as file:
                upload = read_upload(
                    file=file,
                    name=path.name,
                    account=account,
                    actor=ACTOR,
                    options=ImportOptions(
                        dry_run=options["dry_run"],
                        timezone=options["timezone"],
                        format=options["format"],
                        date_order=options["date_order"],
                        partial=options["partial"],
                        lines=options["lines"],
                    ),
                )
        except OSError as error:
            raise CommandError(f"{path} can't be read: {error.strerror}.") from None
        except XManagerError as error:
            raise CommandError(error.detail) from None
        row = begin_import(upload, hold=True)
        self._shown = 0
        continue_import(row.pk, row.lease_token, progress=self._show_progress)
        row.refresh_from_db()
        return row

    def _show_progress(self, row: PostImport) -> None:
        if row.total_items and row.done_items - self._shown >= 1000:
            self._shown = row.done_items
            self.stderr.write(f"{row.done_items} of {row.total_items} …")


def _item_line(row: PostImport, line: int, result: str, post_id: int | None) -> str:
    if result == ImportResult.DUPLICATE:
        return f"line {line}: duplicate of {f'post {post_id}' if post_id else 'a line before it'}"
    if result == ImportResult.ERROR:
        return f"line {line}: error"
    return f"line {line}: {result}{f' {post_id}' if post_id else ' (not written)'}"


def _summary(row: PostImport) -> str:
    done = f"{row.importable} would be imported" if row.dry_run else f"{row.imported} imported"
    text = f"{row.rows} rows: {done}, {row.skipped} there already"
    if row.errors:
        text += f", {len(row.errors)} errors"
    if not row.passed:
        text += ". Nothing was written: correct the rows, or import the good ones with --partial"
    return f"{text}."
