"""Roles: groups that a migration makes, with what each may do in the admin."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission

from accounts.roles import ROLE_SCOPES, ROLES, grant_model_permissions, scopes_of_user
from accounts.scopes import SCOPES

pytestmark = pytest.mark.django_db


def held(role: str) -> set[str]:
    found = Permission.objects.filter(group__name=role).select_related("content_type")
    return {f"{each.content_type.app_label}.{each.codename}" for each in found}


def test_the_groups_are_there() -> None:
    assert set(ROLES) <= set(Group.objects.values_list("name", flat=True))


def test_the_roles_are_a_ladder() -> None:
    for lower, higher in itertools.pairwise(ROLES):
        assert ROLE_SCOPES[lower] <= ROLE_SCOPES[higher]
        assert held(lower) <= held(higher)
    assert ROLE_SCOPES["admin"] == set(SCOPES)
    assert "approvals:decide" not in ROLE_SCOPES["operator"]
    assert "policy:write" not in ROLE_SCOPES["approver"]


def test_a_viewer_changes_nothing() -> None:
    assert held("viewer")
    assert all(".view_" in name for name in held("viewer"))


def test_an_operator_works_on_posts_but_not_on_accounts() -> None:
    assert {"publishing.add_post", "publishing.change_post"} <= held("operator")
    assert not {"accounts.change_account", "accounts.add_agenttoken", "auth.add_user"} & held(
        "operator"
    )


def test_no_role_sees_secrets_or_changes_history() -> None:
    for role in ROLES:
        assert not any(name.endswith(("accountsecret", "appsecret")) for name in held(role))
        assert not held(role) & {
            f"{model.replace('.', f'.{verb}_')}"
            for model in ("accounts.event", "execution.attempt")
            for verb in ("add", "change", "delete")
        }


def test_granting_again_changes_nothing() -> None:
    before = {role: held(role) for role in ROLES}
    for app in apps.get_app_configs():
        grant_model_permissions(sender=app, using="default")
    assert {role: held(role) for role in ROLES} == before


@pytest.mark.parametrize(
    ("fields", "groups", "scopes"),
    [
        ({}, [], frozenset()),
        ({}, ["viewer"], ROLE_SCOPES["viewer"]),
        ({}, ["viewer", "approver"], ROLE_SCOPES["approver"]),
        ({}, ["something else"], frozenset()),
        ({"is_superuser": True}, [], frozenset(SCOPES)),
        ({"is_superuser": True, "is_active": False}, [], frozenset()),
    ],
)
def test_scopes_of_a_person(fields: dict[str, Any], groups: list[str], scopes) -> None:
    user = get_user_model().objects.create_user("ada", **fields)
    for name in groups:
        user.groups.add(Group.objects.get_or_create(name=name)[0])
    assert scopes_of_user(user) == scopes
