"""What a start prepares in the home: the first operator and the static files."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import authenticate, get_user_model

from accounts.models import Event
from xmanager.first_sign_in import make_first_operator, working_sign_in
from xmanager.home import ensure_home
from xmanager.static_files import collect_static


@pytest.fixture
def fresh_home(tmp_path: Path) -> Path:
    ensure_home(tmp_path / "home")
    return tmp_path / "home"


@pytest.mark.django_db
def test_first_operator_can_sign_in_once_shown(fresh_home: Path) -> None:
    assert make_first_operator(fresh_home)
    sign_in = working_sign_in(fresh_home)
    assert sign_in is not None
    user: Any = authenticate(username=sign_in.username, password=sign_in.password)
    assert user.is_staff
    assert list(user.groups.values_list("name", flat=True)) == ["admin"]
    assert stat.S_IMODE((fresh_home / "keys" / "first_sign_in").stat().st_mode) == 0o600
    assert sign_in.password not in str(list(Event.objects.values_list("data", flat=True)))


@pytest.mark.django_db
def test_nobody_is_made_when_there_are_people(fresh_home: Path) -> None:
    get_user_model().objects.create_user("someone")
    assert not make_first_operator(fresh_home)
    assert working_sign_in(fresh_home) is None


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["password", "inactive", "deleted"])
def test_sign_in_that_no_longer_works_is_forgotten(fresh_home: Path, change: str) -> None:
    make_first_operator(fresh_home)
    user = get_user_model().objects.get()
    if change == "password":
        user.set_password("of their own choice")
        user.save()
    elif change == "inactive":
        user.is_active = False
        user.save()
    else:
        user.delete()
    assert working_sign_in(fresh_home) is None
    assert not (fresh_home / "keys" / "first_sign_in").exists()


def test_static_files_are_collected_when_they_changed(tmp_path: Path, settings: Any) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "page.css").write_text("a {}")
    settings.STATICFILES_DIRS = [source]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATIC_ROOT = tmp_path / "root"
    assert collect_static()
    assert not collect_static()
    (source / "page.css").write_text("b {}")
    os.utime(source / "page.css", ns=(1, 1))
    assert collect_static()
    assert (tmp_path / "root" / "page.css").read_text() == "b {}"
