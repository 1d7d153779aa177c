"""People who sign in."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser, Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.errors import ConflictError, InvalidError
from accounts.events import EventName, record_event
from accounts.principals import Principal
from accounts.roles import ROLES


@transaction.atomic
def create_operator(
    *, username: str, role: str, password: str, actor: Principal
) -> AbstractBaseUser:
    """Make a person with one role, who may sign in at the admin."""
    users = get_user_model()
    if role not in ROLES:
        raise InvalidError.of("role", "invalid_choice", f"role is one of {', '.join(ROLES)}.")
    user = users(username=username, is_staff=True)
    try:
        user.full_clean(exclude=["password"], validate_unique=False)
        validate_password(password, user)
    except ValidationError as error:
        detail = " ".join(error.messages)
        raise InvalidError.of("password", "invalid", detail) from None
    if users.objects.filter(username=username).exists():
        raise ConflictError("username_taken", f"There is a {username} already.")
    user.set_password(password)
    user.save()
    user.groups.add(Group.objects.get(name=role))
    record_event(
        EventName.OPERATOR_CREATED,
        actor=actor,
        object_type="user",
        object_id=user.pk,
        username=username,
        role=role,
    )
    return user
