from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from xmanager.checks import TAG
from xmanager.first_sign_in import make_first_operator, working_sign_in
from xmanager.static_files import collect_static


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
    help = "Prepare the home for a start: migrate, collect static files, make the first operator."
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

    def _needs_migrating(self) -> bool:
        executor = MigrationExecutor(connection)
        return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
