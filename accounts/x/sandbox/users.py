"""Users: oneself, by id, by name; and the project's usage."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from . import problems
from .core import Sandbox
from .fields import USAGE_FIELDS
from .render import Renderer, listed
from .timelines import id_list, number
from .wire import ApiError, Call, Response


def me(sandbox: Sandbox, call: Call) -> Response:
    """GET /2/users/me."""
    renderer = Renderer(sandbox, call)
    return Response(200, renderer.envelope(renderer.user(call.user.account or {})))


def get_user(sandbox: Sandbox, call: Call) -> Response:
    """GET /2/users/{id}."""
    return _one(sandbox, call, sandbox.user(call.path_args["id"]), "id")


def get_user_by_username(sandbox: Sandbox, call: Call) -> Response:
    """GET /2/users/by/username/{username}."""
    return _one(sandbox, call, sandbox.user_named(call.path_args["username"]), "username")


def get_users(sandbox: Sandbox, call: Call) -> Response:
    """GET /2/users?ids=."""
    found = [(id_, sandbox.user(id_)) for id_ in id_list(call, "ids")]
    return _several(sandbox, call, found, "ids")


def get_users_by_usernames(sandbox: Sandbox, call: Call) -> Response:
    """GET /2/users/by?usernames=."""
    names = [name for name in call.query.get("usernames", "").split(",") if name]
    if not 1 <= len(names) <= 100:
        message = "The `usernames` query parameter must be 1 to 100 names"
        raise ApiError(400, problems.invalid_parameter("usernames", "", message))
    found = [(name, sandbox.user_named(name)) for name in names]
    return _several(sandbox, call, found, "usernames")


def _one(sandbox: Sandbox, call: Call, row: dict[str, Any] | None, parameter: str) -> Response:
    renderer = Renderer(sandbox, call)
    if row is None:
        error = problems.not_found("user", parameter, call.path_args[parameter])
        return Response(200, {"errors": [error]})
    return Response(200, renderer.envelope(renderer.user(row)))


def _several(
    sandbox: Sandbox, call: Call, found: list[tuple[str, dict[str, Any] | None]], parameter: str
) -> Response:
    renderer = Renderer(sandbox, call)
    renderer.errors += [
        problems.not_found("user", parameter, asked) for asked, row in found if row is None
    ]
    return Response(200, renderer.envelope([renderer.user(row) for _, row in found if row]))


def usage(sandbox: Sandbox, call: Call) -> Response:
    """GET /2/usage/tweets: posts read by the app's project; numbers are strings, as in X."""
    days = number(call, "days", 1, 90, 7)
    wanted = listed(call, "usage.fields", allowed=USAGE_FIELDS)
    app_id = call.user.app["id"]
    today = datetime.fromtimestamp(sandbox.clock.now_ms() / 1000, UTC).date()
    first = today - timedelta(days=days - 1)
    rows = sandbox.store.rows(
        "SELECT day, posts FROM usage WHERE app_id = ? AND day >= ? ORDER BY day",
        (app_id, first.isoformat()),
    )
    daily = [{"date": f"{r['day']}T00:00:00.000Z", "usage": str(r["posts"])} for r in rows]
    month = sandbox.store.value(
        "SELECT coalesce(sum(posts), 0) FROM usage WHERE app_id = ? AND day >= ?",
        (app_id, today.replace(day=1).isoformat()),
    )
    project = str(1_700_000 + app_id)
    data: dict[str, Any] = {
        "cap_reset_day": 1,
        "project_cap": "3000000",
        "project_id": project,
        "project_usage": str(month),
    }
    if "daily_project_usage" in wanted:
        data["daily_project_usage"] = {"project_id": project, "usage": daily}
    if "daily_client_app_usage" in wanted:
        per_app = {"client_app_id": str(app_id), "usage": daily, "usage_result_count": len(daily)}
        data["daily_client_app_usage"] = [per_app]
    return Response(200, {"data": data})
