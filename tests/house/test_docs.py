"""The documents say what the code does: variables, codes, crash points, commands, routes, links."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.core.management import get_commands

from accounts.scopes import SCOPES
from accounts.services.credential_sources import NAMES
from execution.engine.crash import POINTS
from execution.states import ActionStatus, AttemptState
from publishing.importing.columns import ALIASES
from tests.house.routes import TABLE_END, TABLE_START, route_table
from tests.house.tree import kept, our_modules, syntax
from xmanager.home import PROJECT

DOCS = PROJECT / "docs"
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
# Read by `os.environ`, not through settings.
READ_ELSEWHERE = {"XM_HOME", "XM_CRASH_AT", *NAMES}
READERS = {"str", "list", "bool", "int", "positive", "choice", "rate", "database"}


def _doc(name: str) -> str:
    return (DOCS / name).read_text()


def _anchors(text: str) -> set[str]:
    """The anchors that a forge makes of headings."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


@pytest.mark.parametrize("path", kept(".md"), ids=lambda path: str(path.relative_to(PROJECT)))
def test_links_lead_somewhere(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text(), flags=re.DOTALL)
    broken = []
    for link in LINK.findall(text):
        target, _, anchor = link.partition("#")
        if "://" in target or target.startswith("mailto:"):
            continue
        file = (path.parent / target) if target else path
        if not file.exists() or (anchor and anchor not in _anchors(file.read_text())):
            broken.append(link)
    assert broken == []


def _variables_of_settings() -> set[str]:
    found = set()
    for node in ast.walk(syntax(PROJECT / "xmanager" / "settings.py")):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in READERS
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "env"
        ):
            assert isinstance(node.args[0], ast.Constant)
            found.add(str(node.args[0].value))
    return found


def test_every_variable_is_documented_and_no_other() -> None:
    documented = set(re.findall(r"^\| `([A-Z][A-Z0-9_]+)` \|", _doc("configuration.md"), re.M))
    assert documented == _variables_of_settings() | READ_ELSEWHERE


def test_no_other_file_reads_the_environment() -> None:
    """Else the list above would not be the whole one."""
    allowed = {
        "xmanager/home.py", "xmanager/environment.py", "xmanager/settings.py", "xmanager/wsgi.py",
        "accounts/services/credential_sources.py", "execution/engine/crash.py",
    }  # fmt: skip
    readers = {
        str(path.relative_to(PROJECT))
        for path in our_modules()
        if re.search(r"os\.(environ|getenv)", path.read_text())
        and not path.is_relative_to(PROJECT / "xmanager" / "processes")
        and path.name != "asgi.py"
    }
    assert readers <= allowed


# Where the code stands among the arguments of what makes an error of a row.
CODE_AT = {"CellFault": 0, "TimeFault": 0, "UnresolvedError": 0, "add": 1, "RowError": 2}


def _row_error_codes() -> set[str]:
    """Codes that the importer and the rules of content give."""
    found = set()
    for path in our_modules():
        if not path.is_relative_to(PROJECT / "publishing"):
            continue
        for node in ast.walk(syntax(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                place = CODE_AT.get(node.func.id)
                if place is not None and len(node.args) > place:
                    code = node.args[place]
                    if isinstance(code, ast.Constant):
                        found.add(str(code.value))
    return found


def test_import_codes_and_columns_are_documented() -> None:
    text = _doc("csv-import.md")
    documented = set(re.findall(r"`([a-z_]+)`", text))
    assert len(_row_error_codes()) > 20
    assert _row_error_codes() - documented == set()
    columns = set(re.findall(r"^\| `([a-z_]+)` \|", text.split("## Codes")[0], re.M))
    assert columns == set(ALIASES)


def test_states_and_crash_points_are_documented() -> None:
    text = _doc("engine.md")
    assert set(re.findall(r"^\| `([a-z]+\.[a-z_]+)` \|", text, re.M)) == set(POINTS)
    for state in (*ActionStatus.values, *AttemptState.values):
        assert f"`{state}`" in text, state


def test_scopes_are_documented() -> None:
    text = _doc("api.md")
    assert all(f"`{scope}`" in text for scope in SCOPES)


def test_route_table_is_the_one_of_the_code() -> None:
    text = _doc("api.md")
    assert TABLE_START in text, (
        "docs/api.md lacks the generated table: python -m tests.house.routes"
    )
    written = text.split(TABLE_START)[1].split(TABLE_END)[0].strip()
    assert written == route_table(), "Write it anew: .venv/bin/python -m tests.house.routes"


OURS = {"up", "down", "demo", "test", "status", "logs", "lint", "bench", "pins", "help"}


def test_commands_in_the_documents_exist() -> None:
    known = OURS | set(get_commands())
    unknown = [
        f"{path.name}: ./xm {name}"
        for path in kept(".md")
        for name in re.findall(r"\./xm (?:--home \S+ )?([a-z_]+)", path.read_text())
        if name not in known
    ]
    assert unknown == []


def test_samples_can_be_imported() -> None:
    from datetime import UTC, datetime

    from accounts.x.text import weighted_length
    from publishing.importing import parse

    samples = sorted((DOCS / "samples").glob("*.csv"))
    assert samples
    for sample in samples:
        parsed = parse(
            sample.read_bytes(),
            default_zone="UTC",
            now=datetime(2026, 1, 1, tzinfo=UTC),
            length=weighted_length,
        )
        assert parsed.errors == [], sample.name
        assert parsed.importable, sample.name
