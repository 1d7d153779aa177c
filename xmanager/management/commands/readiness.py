from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from xmanager.readiness import is_ready, readiness


class Command(BaseCommand):
    help = "Say whether this installation can do its work; exit 1 with cause and next step if not."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="The same as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        checks = readiness()
        ready = is_ready(checks)
        if options["json"]:
            answer = {"ready": ready, "checks": [asdict(check) for check in checks]}
            self.stdout.write(json.dumps(answer, indent=2))
        else:
            for check in checks:
                self.stdout.write(f"{'ok ' if check.ok else 'NO '} {check.check}")
                if not check.ok:
                    self.stdout.write(f"    {check.cause}\n    → {check.next_step}")
            self.stdout.write("ready" if ready else "not ready")
        if not ready:
            sys.exit(1)
