"""How variables are read: from files, strictly, and with mistakes told as sentences."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.settings.environments import STRONG_SECRET, environment, live_environment, load_settings
from xmanager.home import PROJECT


def test_secret_from_a_file_is_read_without_its_line_end(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{STRONG_SECRET}\n")
    variables = live_environment(
        tmp_path / "home", XM_SECRET_KEY=None, XM_SECRET_KEY_FILE=str(file)
    )
    assert load_settings(variables, "SECRET_KEY").values == {"SECRET_KEY": STRONG_SECRET}


def test_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    loaded = load_settings(environment(tmp_path, XM_SECRET_KEY_FILE="/nowhere/secret"))
    assert "XM_SECRET_KEY_FILE names a file that can't be read" in loaded.error
    assert "Traceback" not in loaded.error


def test_secret_may_begin_with_a_dollar_sign(tmp_path: Path) -> None:
    secret = "$" + STRONG_SECRET
    loaded = load_settings(live_environment(tmp_path, XM_SECRET_KEY=secret), "SECRET_KEY")
    assert loaded.values == {"SECRET_KEY": secret}


def test_older_secret_keys_are_fallbacks(tmp_path: Path) -> None:
    both = f"{STRONG_SECRET},{STRONG_SECRET[::-1]}"
    loaded = load_settings(
        live_environment(tmp_path, XM_SECRET_KEY=both), "SECRET_KEY", "SECRET_KEY_FALLBACKS"
    )
    assert loaded.values == {
        "SECRET_KEY": STRONG_SECRET,
        "SECRET_KEY_FALLBACKS": [STRONG_SECRET[::-1]],
    }


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("XM_LEASE_SECONDS", "soon", "XM_LEASE_SECONDS can't be read."),
        ("XM_LANES_PER_WORKER", "0", "XM_LANES_PER_WORKER is 0. Set it to a whole number"),
        ("XM_RECONCILE_DELAYS", "20,later", "XM_RECONCILE_DELAYS can't be read."),
        ("XM_API_RATE", "many", "XM_API_RATE is 'many'. Write it like '300/min'"),
        ("XM_LOG_LEVEL", "LOUD", "XM_LOG_LEVEL is 'LOUD'. Set it to 'DEBUG' or"),
        ("XM_BROKER_URL", "amqp://h", "XM_BROKER_URL must be a redis:// URL"),
        ("DATABASE_URL", "mysql://h/db", "DATABASE_URL names no database that can be used."),
        ("DATABASE_URL", "sqlite://", "DATABASE_URL names no database that can be used."),
        ("DATABASE_URL", "postgres://h:port/db", "DATABASE_URL names no database"),
        ("XM_PUBLIC_URL", "http://host:port", "XM_PUBLIC_URL is 'http://host:port'. Write a"),
        ("X_API_BASE_URL", "https://api.x.com", "sandbox mode talks to a server on this"),
    ],
)
def test_mistake_is_a_sentence(tmp_path: Path, name: str, value: str, sentence: str) -> None:
    loaded = load_settings(environment(tmp_path, **{name: value}))
    assert sentence in loaded.error
    assert "Traceback" not in loaded.error


def test_home_may_have_any_name(tmp_path: Path) -> None:
    home = tmp_path / "a home, 100%?"
    loaded = load_settings(environment(home), "DATABASES")
    assert loaded.values["DATABASES"]["default"]["NAME"] == str(home / "xmanager.sqlite3")


def test_ports_come_from_the_instance(tmp_path: Path) -> None:
    (tmp_path / "instance.json").write_text(
        '{"mode": "sandbox", "port": 4700, "sandbox_port": 4777}'
    )
    loaded = load_settings(environment(tmp_path), "XM_PUBLIC_URL", "X_API_BASE_URL")
    assert loaded.values == {
        "XM_PUBLIC_URL": "http://127.0.0.1:4700",
        "X_API_BASE_URL": "http://127.0.0.1:4777",
    }


def test_manage_prints_the_sentences_alone(tmp_path: Path) -> None:

    done = subprocess.run(
        [sys.executable, str(PROJECT / "manage.py"), "boot"],
        env=live_environment(tmp_path, XM_SECRET_KEY=None),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("X Manager can't start:\nXM_SECRET_KEY is missing.")
