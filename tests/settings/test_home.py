"""The home's secrets and its instance file."""

from __future__ import annotations

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cryptography.fernet import Fernet

from tests.settings.environments import environment, load_settings
from xmanager.home import read_instance, stored_secret, write_instance


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_sandbox_mode_makes_its_secrets_for_the_owner_only(tmp_path: Path) -> None:
    home = tmp_path / "home"
    loaded = load_settings(environment(home), "SECRET_KEY", "FIELD_ENCRYPTION_KEY")
    assert loaded.error == ""
    assert len(loaded.values["SECRET_KEY"]) >= 50
    Fernet(loaded.values["FIELD_ENCRYPTION_KEY"][0])
    assert {path.name: _mode(path) for path in (home / "keys").iterdir()} == {
        "secret_key": 0o600,
        "field_encryption_key": 0o600,
    }
    assert [_mode(path) for path in (home, home / "keys")] == [0o700, 0o700]


def test_secrets_stay_the_same(tmp_path: Path) -> None:
    first = load_settings(environment(tmp_path), "SECRET_KEY", "FIELD_ENCRYPTION_KEY")
    second = load_settings(environment(tmp_path), "SECRET_KEY", "FIELD_ENCRYPTION_KEY")
    assert first.values == second.values


def test_processes_that_start_at_once_agree_on_a_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: stored_secret(tmp_path, "one"), range(64)))
    assert len(found) == 1
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["one"]


def test_instance_is_read_back(tmp_path: Path) -> None:
    instance = {"mode": "live", "port": 4000, "sandbox_port": 4001}
    write_instance(tmp_path / "home", instance)
    assert read_instance(tmp_path / "home") == instance
    assert json.loads((tmp_path / "home" / "instance.json").read_text()) == instance


def test_broken_instance_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "instance.json").write_text("{half")
    assert read_instance(tmp_path) == {}
