from __future__ import annotations

import hashlib
import time
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from accounts.errors import XManagerError
from accounts.services.sandbox_accounts import connect_sandbox_accounts
from xmanager.checks import TAG
from xmanager.first_sign_in import make_first_operator, working_sign_in
from xmanager.static_files import collect_static

SANDBOX_SECONDS = 15.0


def code_digest() -> str:
    """A digest of the sizes and times of the project's code: `migrate` also grants roles what the
    code says, so it runs after every change of it, not only when there are migrations."""
    digest = hashlib.sha256()
    for app in apps.get_app_configs():
        if Path(app.path).is_relative_to(settings.BASE_DIR):
            for path in sorted(Path(app.path).rglob("*.py")):
                facts = path.stat()
                digest.update(f"{path}\0{facts.st_size}\0{facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()


class Command(BaseCommand):
    help = "Prepare the home for a start: database, static files, first operator, sandbox accounts."
    requires_system_checks = []  # only our own: this runs at every start

    def handle(self, *args: Any, **options: Any) -> None:
        home = Path(settings.XM_HOME)
        self.check(tags=[TAG], databases=["default"])
        stamp, code = home / "run" / "migrated", code_digest()
        if not stamp.exists() or stamp.read_text() != code or self._needs_migrating():
            self.stdout.write("Preparing the database …")
            call_command("migrate", interactive=False, verbosity=0)
            stamp.write_text(code)
        if collect_static():
            self.stdout.write("Collected the static files.")
        if not make_first_operator(home):
            working_sign_in(home)
        if not settings.LIVE:
            self._connect_sandbox_accounts()

    def _connect_sandbox_accounts(self) -> None:
        """Have slots 1 and 2 connected; the sandbox may still be starting."""
        deadline = time.monotonic() + SANDBOX_SECONDS
        while True:
            try:
                accounts = connect_sandbox_accounts()
            except XManagerError as problem:
                if problem.code != "x_unreachable" or time.monotonic() > deadline:
                    self.stderr.write(f"The sandbox accounts are not connected. {problem.detail}")
                    return
                time.sleep(0.05)
            else:
                break
        for account in accounts:
            self.stdout.write(f"Slot {account.slot} is connected to @{account.username}.")

    def _needs_migrating(self) -> bool:
        executor = MigrationExecutor(connection)
        return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
