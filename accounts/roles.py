"""The roles of people: Django groups, what each may do in the API and in the admin.

The roles form a ladder: each one may do what the one before it may, and more.
"""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.contrib.auth.models import AbstractBaseUser, Group, Permission, PermissionsMixin

from accounts.scopes import SCOPES

ROLES = ("viewer", "operator", "approver", "admin")

_READ = frozenset(scope for scope in SCOPES if scope.endswith(":read"))
_OPERATE = _READ | {
    "posts:write",
    "inbox:write",
    "actions:write",
    "campaigns:write",
    "media:write",
    "discovery",
    "pause",
}
ROLE_SCOPES: dict[str, frozenset[str]] = {
    "viewer": _READ,
    "operator": frozenset(_OPERATE),
    "approver": frozenset(_OPERATE | {"approvals:decide"}),
    "admin": frozenset(SCOPES),
}

OUR_APPS = frozenset({"accounts", "policy", "execution", "publishing", "engagement", "campaigns"})
# Operators add and change what they work on; accounts, tokens and people stay with admins.
WORK_APPS = frozenset({"publishing", "engagement", "campaigns"})
WORK_MODELS = frozenset({("policy", "pauseswitch")})
# No role may touch these through the admin: secrets are never shown, history is never changed.
SECRET_MODELS = frozenset({("accounts", "accountsecret"), ("accounts", "appsecret")})
HISTORY_MODELS = frozenset({("accounts", "event"), ("execution", "attempt"), ("policy", "xcall")})


def scopes_of_user(user: AbstractBaseUser) -> frozenset[str]:
    """The scopes of a person: all their groups' together; a superuser has every one."""
    if not isinstance(user, PermissionsMixin) or not user.is_active:
        return frozenset()
    if user.is_superuser:
        return frozenset(SCOPES)
    names = user.groups.values_list("name", flat=True)
    return frozenset().union(*(ROLE_SCOPES.get(name, frozenset()) for name in names))


def _roles_with(permission: Permission) -> tuple[str, ...]:
    """The roles that hold a model permission, from the least role that may have it upwards."""
    model = (permission.content_type.app_label, permission.content_type.model)
    verb = permission.codename.partition("_")[0]
    if model in SECRET_MODELS or (model in HISTORY_MODELS and verb != "view"):
        return ()
    if model[0] not in OUR_APPS:
        return ("admin",)
    if permission.codename == f"view_{model[1]}":
        return ROLES
    stock = permission.codename in {f"{name}_{model[1]}" for name in ("add", "change", "delete")}
    if not stock:
        return ROLES[1:]  # a permission of its own for an action: retry, resume, cancel, pause
    work = model[0] in WORK_APPS or model in WORK_MODELS
    return ROLES[1:] if work and verb != "delete" else ("admin",)


def grant_model_permissions(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """`post_migrate`: give the roles the permissions of one app's models. Safe to repeat.

    Not in a migration, since Django makes the permissions themselves only after migrating.
    """
    groups = {name: Group.objects.using(using).get_or_create(name=name)[0] for name in ROLES}
    given: dict[str, list[Permission]] = {name: [] for name in ROLES}
    permissions = Permission.objects.using(using).select_related("content_type")
    for permission in permissions.filter(content_type__app_label=sender.label):
        for role in _roles_with(permission):
            given[role].append(permission)
    for name, group in groups.items():
        group.permissions.add(*given[name])
