"""What the API says of itself: the schema, the docs page, the manifest, the error codes."""

from __future__ import annotations

import ast

import pytest
from rest_framework.test import APIClient

from tests.house.tree import dotted, our_modules, syntax
from xmanager.api.errors_explained import WHAT_TO_DO
from xmanager.api.manifest import openapi

ERRORS = {
    "InvalidError",
    "MalformedError",
    "MissingError",
    "ForbiddenError",
    "ConflictError",
    "PausedError",
    "TokenRefusedError",
}


# Commands and the engine call these; no request does, so no caller of the API meets their codes.
NOT_OVER_HTTP = {
    f"accounts.services.{name}"
    for name in (
        "connect",
        "credential_sources",
        "credentials",
        "developer_apps",
        "identity",
        "people",
        "sandbox_accounts",
    )
}


def codes_raised() -> dict[str, str]:
    """Code → module, for every error of ours that is built with a literal code."""
    found = {}
    for path in our_modules():
        if dotted(path) in NOT_OVER_HTTP or ".management." in dotted(path):
            continue
        for node in ast.walk(syntax(path)):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ERRORS
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                found[str(node.args[0].value)] = str(path)
    return found


def test_every_code_is_explained() -> None:
    unexplained = {code: path for code, path in codes_raised().items() if code not in WHAT_TO_DO}
    assert unexplained == {}


def test_every_operation_says_what_it_needs() -> None:
    for path, operations in openapi()["paths"].items():
        for method, operation in operations.items():
            where = f"{method} {path}"
            assert operation["x-required-scope"], where
            assert "application/problem+json" in operation["responses"]["default"]["content"], where
            names = {parameter["name"] for parameter in operation.get("parameters", [])}
            assert ("Idempotency-Key" in names) == (method != "get"), where


def test_keys_are_the_first_way_to_sign_in() -> None:
    schemes = openapi()["components"]["securitySchemes"]
    assert schemes["agentToken"]["scheme"] == "bearer"
    assert openapi()["paths"]["/api/scheduler/posts"]["post"]["security"][0] == {"agentToken": []}


def test_lists_say_how_to_page_and_filter() -> None:
    listing = openapi()["paths"]["/api/scheduler/posts"]["get"]
    names = {parameter["name"] for parameter in listing["parameters"]}
    assert {"limit", "cursor", "ordering", "account_slot", "status", "scheduled_after"} <= names


@pytest.mark.django_db
def test_the_docs_page_runs_nothing_inline() -> None:
    """Scripts must come from our own address, or the strict CSP would stop them."""
    page = APIClient().get("/api/docs/")
    html = page.content.decode()
    policy = page["Content-Security-Policy"]
    assert page.status_code == 200
    assert "unsafe-eval" not in policy
    assert "script-src" not in policy.replace("default-src 'self'", "")
    assert html.count("<script") == html.count('<script src="/')
    assert "://" not in html.split("<body>")[1]
    script = APIClient().get("/api/docs/?script=")
    assert script["Content-Type"].startswith("application/javascript")


@pytest.mark.django_db
def test_a_principal_learns_what_this_token_may_do(agent) -> None:
    told = agent(scopes=["posts:read"], slots=[2]).get("/api/system/agent").json()
    by_route = {(route["method"], route["path"]): route for route in told["routes"]}
    assert by_route["GET", "/api/scheduler/posts"]["allowed"]
    assert not by_route["POST", "/api/scheduler/posts"]["allowed"]
    assert by_route["POST", "/api/scheduler/posts"]["idempotent"]
    assert by_route["POST", "/api/scheduler/posts"]["request_schema"]
    assert told["principal"]["account_slots"] == [2]
