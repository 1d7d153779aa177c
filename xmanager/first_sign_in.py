"""The first operator: made when nobody could sign in, with a one-time password.

The password is kept in the home (`keys/first_sign_in`, mode 0600) so that `./xm up` can show it
again, for as long as it still works.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import transaction

from accounts.events import EventName, record_event
from accounts.principals import SYSTEM

USERNAME = "operator"
ROLE = "admin"


@dataclass(frozen=True)
class SignIn:
    username: str
    password: str


def _path(home: Path) -> Path:
    return home / "keys" / "first_sign_in"


def make_first_operator(home: Path) -> bool:
    """Make the operator if there is no user at all; whether one was made."""
    users = get_user_model()
    with transaction.atomic():
        if users.objects.exists():
            return False
        sign_in = SignIn(USERNAME, secrets.token_urlsafe(12))
        user = users.objects.create_user(sign_in.username, password=sign_in.password, is_staff=True)
        user.groups.add(Group.objects.get(name=ROLE))
        record_event(
            EventName.OPERATOR_CREATED,
            actor=SYSTEM,
            object_type="user",
            object_id=user.pk,
            username=sign_in.username,
            role=ROLE,
        )
        # Written before the commit: an operator whose password nobody saw would lock us out.
        _keep(home, sign_in)
    return True


def _keep(home: Path, sign_in: SignIn) -> None:
    replacement = _path(home).with_suffix(".new")
    handle = os.open(replacement, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump({"username": sign_in.username, "password": sign_in.password}, file)
    replacement.replace(_path(home))


def working_sign_in(home: Path) -> SignIn | None:
    """The one-time sign-in if it still works; otherwise its file is deleted."""
    try:
        kept = json.loads(_path(home).read_text())
        sign_in = SignIn(kept["username"], kept["password"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        sign_in = SignIn("", "")
    user = get_user_model().objects.filter(username=sign_in.username, is_active=True).first()
    # `verify` by hand: check_password would also store a stronger hash on the way.
    if user is not None and user.check_password(sign_in.password):
        return sign_in
    _path(home).unlink(missing_ok=True)
    return None
