"""Nothing is written to X but through the engine: read from the source, not from promises."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from accounts.x.client import XClient
from accounts.x.reader import XReader
from tests.house.tree import dotted, imports_of, our_modules, syntax

# What the client adds to the reader is what changes something on X. Uploads show nothing yet,
# but what is uploaded is paid for with limits, so they are the engine's too.
WRITES = {
    name
    for name in vars(XClient)
    if callable(getattr(XClient, name)) and not name.startswith("_") and not hasattr(XReader, name)
}
# What can make a request: the client and the layers below it.
BELOW = {"accounts.x.client", "accounts.x.transport", "accounts.x.calls", "accounts.x.watch"}
MAY_WRITE = ("execution.",)
THE_LIBRARY = ("accounts.x",)


def _is_in(module: str, places: tuple[str, ...]) -> bool:
    return any(module == place.rstrip(".") or module.startswith(place) for place in places)


def _named(tree: ast.AST) -> set[str]:
    """Attributes that are used, and names handed to `getattr` and its like as text."""
    found = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            if name in ("getattr", "methodcaller", "attrgetter"):
                found |= {
                    argument.value
                    for argument in node.args
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
                }
    return found


def test_the_list_of_writes_is_what_we_think() -> None:
    assert {"create_post", "create_post_body", "delete_post", "send_dm", "like", "unlike"} <= WRITES
    assert {"repost", "unrepost", "hide_reply", "upload_media", "set_alt_text"} <= WRITES
    assert not {"me", "own_posts", "get_post"} & WRITES


def test_only_the_engine_names_a_write() -> None:
    offenders = {
        dotted(path): sorted(_named(syntax(path)) & WRITES)
        for path in our_modules()
        if not _is_in(dotted(path), MAY_WRITE + THE_LIBRARY) and _named(syntax(path)) & WRITES
    }
    assert offenders == {}


def test_creating_a_post_has_one_caller() -> None:
    callers = [
        dotted(path)
        for path in our_modules()
        if not _is_in(dotted(path), THE_LIBRARY) and "create_post_body" in _named(syntax(path))
    ]
    assert callers == ["execution.engine.send"]


def test_only_the_engine_and_the_keeper_of_tokens_import_the_client() -> None:
    keepers = (*THE_LIBRARY, "execution.", "accounts.services.credentials")
    for path in our_modules():
        below = imports_of(path) & BELOW
        if below and not _is_in(dotted(path), keepers):
            assert below == {"accounts.x.transport"}, dotted(path)
            # Timeouts are values; with them alone no request can be made.
            assert _taken_from(path, "accounts.x.transport") == {"Timeouts"}, dotted(path)


def _taken_from(path: Path, module: str) -> set[str]:
    return {
        alias.name
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.ImportFrom) and node.module == module
        for alias in node.names
    }


@pytest.mark.parametrize(
    "source",
    [
        "client.create_post('hello')",
        "send = client.delete_post\nsend('1')",
        "getattr(client, 'like')('1')",
        "operator.methodcaller('repost', '1')(client)",
    ],
)
def test_the_search_sees_it(source: str) -> None:
    assert _named(ast.parse(source)) & WRITES


def test_the_sandbox_stands_alone() -> None:
    """It must know of X only what X shows: nothing of the client that it is to test."""
    allowed = {"accounts.x.sandbox.bootstrap": {"accounts.x.credentials"}}
    for path in our_modules():
        module = dotted(path)
        if module.startswith("accounts.x.sandbox"):
            ours = {name for name in imports_of(path) if name.startswith("accounts")}
            outside = {name for name in ours if not name.startswith("accounts.x.sandbox")}
            assert outside <= allowed.get(module, set()), module


def test_the_x_library_knows_nothing_else_of_ours() -> None:
    for path in our_modules():
        if dotted(path).startswith("accounts.x"):
            ours = {name for name in imports_of(path) if name.split(".")[0] == "accounts"}
            assert all(name.startswith("accounts.x") for name in ours), dotted(path)
