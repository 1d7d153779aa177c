"""Live mode starts only with real secrets and safe addresses, and says what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.settings.environments import live_environment, load_settings


def test_complete_environment_is_accepted(tmp_path: Path) -> None:
    loaded = load_settings(live_environment(tmp_path), "LIVE", "X_API_BASE_URL", "ALLOWED_HOSTS")
    assert loaded.error == ""
    assert loaded.values["LIVE"] is True
    assert loaded.values["X_API_BASE_URL"] == "https://api.x.com"
    assert "xm.example" in loaded.values["ALLOWED_HOSTS"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"XM_SECRET_KEY": None}, "XM_SECRET_KEY is missing. Set it to 50 or more"),
        ({"XM_SECRET_KEY": "short"}, "XM_SECRET_KEY is too weak. Set it to 50 or more"),
        ({"XM_SECRET_KEY": "ab" * 40}, "XM_SECRET_KEY is too weak"),
        ({"FIELD_ENCRYPTION_KEY": None}, "FIELD_ENCRYPTION_KEY is missing."),
        ({"FIELD_ENCRYPTION_KEY": "nonsense"}, "FIELD_ENCRYPTION_KEY holds something that is no"),
        ({"XM_DEBUG": "true"}, "XM_DEBUG is on. Unset it"),
        ({"XM_PUBLIC_URL": "http://xm.example"}, "XM_PUBLIC_URL is http://xm.example. Use https"),
        ({"XM_PUBLIC_URL": "xm.example"}, "XM_PUBLIC_URL is 'xm.example'. Write a whole address"),
        ({"X_API_BASE_URL": "http://x.example"}, "X_API_BASE_URL is http://x.example. Use https"),
        ({"XM_ALLOWED_HOSTS": "*"}, "XM_ALLOWED_HOSTS is '*'"),
        ({"XM_MODE": "production"}, "XM_MODE is 'production'. Set it to 'sandbox' or 'live'."),
    ],
)
def test_refusal(tmp_path: Path, changes: dict[str, str | None], sentence: str) -> None:
    loaded = load_settings(live_environment(tmp_path, **changes))
    assert sentence in loaded.error
    assert "Traceback" not in loaded.error


def test_home_that_everyone_can_read_is_refused(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o755)
    loaded = load_settings(live_environment(home))
    assert f"Run: chmod o-rwx {home}" in loaded.error


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    changes = {"XM_SECRET_KEY": None, "FIELD_ENCRYPTION_KEY": None, "XM_DEBUG": "1"}
    loaded = load_settings(live_environment(tmp_path, **changes))
    assert loaded.error.count("\n") == 4


def test_plain_http_on_loopback_is_accepted_without_redirect(tmp_path: Path) -> None:
    loaded = load_settings(
        live_environment(
            tmp_path,
            XM_PUBLIC_URL="http://127.0.0.1:4200",
            X_API_BASE_URL="http://localhost:4201/",
        ),
        "X_API_BASE_URL",
        "SECURE_SSL_REDIRECT",
    )
    assert loaded.values == {
        "X_API_BASE_URL": "http://localhost:4201",
        "SECURE_SSL_REDIRECT": False,
    }


def test_https_address_redirects_and_marks_cookies(tmp_path: Path) -> None:
    names = ("SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE")
    loaded = load_settings(live_environment(tmp_path), *names)
    assert loaded.values == dict.fromkeys(names, True)
