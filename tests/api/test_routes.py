"""Every route of the API: who gets in, and what repeats safely."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.test import APIClient

from accounts.api.permissions import PUBLIC, SIGNED_IN
from accounts.roles import ROLE_SCOPES
from accounts.scopes import PEOPLE_ONLY, SCOPES, TOKEN_SCOPES

pytestmark = pytest.mark.django_db
MUTATING = ("POST", "PUT", "PATCH", "DELETE")
OPEN = {"/api/schema/", "/api/docs/"}


def patterns(entries: Any = None, prefix: str = "/") -> Iterator[tuple[str, Any]]:
    for entry in entries if entries is not None else get_resolver().url_patterns:
        if isinstance(entry, URLResolver):
            yield from patterns(entry.url_patterns, prefix + str(entry.pattern))
        elif isinstance(entry, URLPattern) and prefix.startswith("/api/"):
            yield (
                prefix + str(entry.pattern),
                getattr(entry.callback, "view_class", None) or getattr(entry.callback, "cls", None),
            )


def routes() -> list[tuple[str, str, Any]]:
    """(method, path with numbers filled in, view) of every route that declares itself."""
    found = []
    for pattern, view in patterns():
        if pattern in OPEN or "(?P<rest>" in pattern:
            continue
        path = re.sub(r"<int:slot>", "1", pattern)
        path = re.sub(r"<int:\w+>", "424242", path)
        for method in ("GET", *MUTATING):
            if hasattr(view, method.lower()):
                found.append((method, path, view))
    return found


ROUTES = routes()
IDS = [f"{method} {path}" for method, path, _ in ROUTES]


def test_there_are_routes() -> None:
    assert len(ROUTES) > 20


@pytest.mark.parametrize(("method", "path", "view"), ROUTES, ids=IDS)
class TestEveryRoute:
    def scope(self, method: str, view: Any) -> str:
        scope = getattr(view, "scopes", {}).get(method)
        assert scope is not None, f"{view.__name__} declares no scope for {method}"
        assert scope in (PUBLIC, SIGNED_IN) or scope in SCOPES
        return scope

    def test_mutating_ones_are_idempotent(self, method: str, path: str, view: Any) -> None:
        if method in MUTATING:
            assert getattr(getattr(view, method.lower()), "idempotent", False)

    def test_anonymous_is_refused(self, method: str, path: str, view: Any) -> None:
        answer = APIClient().generic(method, path)
        if self.scope(method, view) == PUBLIC:
            assert answer.status_code in (200, 503)
        else:
            assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")

    def test_every_other_scope_is_refused(self, agent, method: str, path: str, view: Any) -> None:
        scope = self.scope(method, view)
        if scope in (PUBLIC, SIGNED_IN):
            return
        client = agent(scopes=[other for other in TOKEN_SCOPES if other != scope])
        answer = client.generic(method, path)
        assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")

    def test_the_right_scope_gets_past_the_door(
        self, agent, method: str, path: str, view: Any
    ) -> None:
        scope = self.scope(method, view)
        if scope in PEOPLE_ONLY:
            return
        client = agent(scopes=TOKEN_SCOPES if scope in (PUBLIC, SIGNED_IN) else [scope])
        answer = client.generic(method, path, "{}", content_type="application/json")
        assert answer.status_code not in (401, 403, 500), answer.content

    @pytest.mark.parametrize("role", ROLE_SCOPES)
    def test_roles(self, accounts, method: str, path: str, view: Any, role: str) -> None:
        scope = self.scope(method, view)
        user = get_user_model().objects.create_user("someone", is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        client = APIClient()
        client.force_login(user)
        answer = client.generic(method, path, "{}", content_type="application/json")
        allowed = scope in (PUBLIC, SIGNED_IN) or scope in ROLE_SCOPES[role]
        if allowed:
            assert answer.status_code not in (401, 403, 500), answer.content
        else:
            assert answer.json()["code"] == "scope_missing"

    def test_a_session_needs_csrf_to_change_things(
        self, accounts, method: str, path: str, view: Any
    ) -> None:
        if method not in MUTATING:
            return
        user = get_user_model().objects.create_superuser("root")
        client = APIClient(enforce_csrf_checks=True)
        client.force_login(user)
        answer = client.generic(method, path, "{}", content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")


def test_unknown_routes_answer_in_the_apis_language(agent) -> None:
    answer = agent().get("/api/no/such/thing")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_malformed_json_is_told(agent) -> None:
    answer = agent().generic("POST", "/api/scheduler/posts", "{", content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


@pytest.mark.parametrize("header", ["Token", "Basic abc", "Token xm_nope", "Bearer " + "x" * 5000])
def test_a_bad_key_never_falls_through_to_the_session(accounts, header: str) -> None:
    client = APIClient()
    client.force_login(get_user_model().objects.create_superuser("root"))
    answer = client.get("/api/accounts", HTTP_AUTHORIZATION=header)
    assert answer.status_code == 401


def test_the_manifest_is_made_from_the_schema(agent) -> None:
    told = agent(scopes=["posts:read"]).get("/api/system/agent").json()
    listed = {(route["method"], route["path"]) for route in told["routes"]}
    for method, path, view in ROUTES:
        if method == "GET" or getattr(getattr(view, method.lower()), "idempotent", False):
            generic = re.sub(r"/\d+", "/#", path)
            assert (method, generic) in {(m, re.sub(r"\{\w+\}", "#", p)) for m, p in listed}
    allowed = {route["path"] for route in told["routes"] if route["allowed"]}
    assert "/api/scheduler/posts" in allowed
    assert "/api/agent/pause" not in allowed


def test_readiness_tells_details_only_to_who_signed_in(agent) -> None:
    anonymous = APIClient().get("/api/system/readiness")
    assert (anonymous.status_code, anonymous.json()) == (503, {"ready": False})
    checks = {c["check"]: c for c in agent().get("/api/system/readiness").json()["checks"]}
    assert checks["database"]["ok"]
    assert not checks["worker"]["ok"]
    assert "./xm up" in checks["worker"]["next_step"]
