"""X's error bodies, in the shapes its clients have to parse.

Sources: X API docs, response codes and errors page; wordings reported by users of the API
where the docs give none (duplicate content, reply restriction, oauth1 permissions).
"""

from __future__ import annotations

from typing import Any

PROBLEMS = "https://api.x.com/2/problems/"

TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    402: "CreditsDepleted",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    413: "Payload Too Large",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


def blank(status: int, detail: str | None = None) -> dict[str, Any]:
    """A problem whose type says only "see the HTTP status"."""
    title = TITLES.get(status, "Error")
    return {"title": title, "detail": detail or title, "type": "about:blank", "status": status}


def unauthorized() -> dict[str, Any]:
    return blank(401)


def forbidden(detail: str) -> dict[str, Any]:
    return blank(403, detail)


def credits_depleted() -> dict[str, Any]:
    """402: the wording users report when a pay-per-use balance is empty."""
    return {
        "title": "CreditsDepleted",
        "detail": "Your enrolled account does not have any credits to fulfill this request.",
        "type": PROBLEMS + "credits",
        "status": 402,
    }


def for_status(status: int) -> dict[str, Any]:
    """The body X would most likely send with a bare status."""
    return credits_depleted() if status == 402 else blank(status)


def invalid_body(message: str) -> dict[str, Any]:
    return invalid([({}, message)])


def invalid(entries: list[tuple[dict[str, list[str]], str]]) -> dict[str, Any]:
    """400 for parameters or body fields: one entry per fault found."""
    return {
        "errors": [{"parameters": names, "message": message} for names, message in entries],
        "title": "Invalid Request",
        "detail": "One or more parameters to your request was invalid.",
        "type": PROBLEMS + "invalid-request",
    }


def invalid_parameter(name: str, value: str, message: str) -> dict[str, Any]:
    return invalid([({name: [value]}, message)])


def not_found(resource: str, parameter: str, value: str) -> dict[str, Any]:
    """One entry of `errors` (partial answers) and, with a status, the body of a 404."""
    return {
        "value": value,
        "detail": f"Could not find {resource} with {parameter}: [{value}].",
        "title": "Not Found Error",
        "resource_type": resource,
        "parameter": parameter,
        "resource_id": value,
        "type": PROBLEMS + "resource-not-found",
    }


def unsupported_authentication(
    kind: str = "app", supported: tuple[str, ...] = ()
) -> dict[str, Any]:
    """403: this endpoint does not take that kind of token."""
    names = {
        "app": "OAuth 2.0 Application-Only",
        "oauth1": "OAuth 1.0a User Context",
        "oauth2": "OAuth 2.0 User Context",
    }
    accepted = ", ".join(names[k] for k in supported or ("oauth1", "oauth2"))
    return {
        "title": "Unsupported Authentication",
        "detail": f"Authenticating with {names[kind]} is forbidden for this endpoint.  "
        f"Supported authentication types are [{accepted}].",
        "type": PROBLEMS + "unsupported-authentication",
        "status": 403,
    }


def app_permissions() -> dict[str, Any]:
    """403: the OAuth 1.0a token was issued with too low a permission level."""
    return {
        "title": "Forbidden",
        "detail": "Your client app is not configured with the appropriate oauth1 app "
        "permissions for this endpoint.",
        "type": PROBLEMS + "oauth1-permissions",
        "status": 403,
    }


def client_forbidden(feature: str) -> dict[str, Any]:
    """403: an operation that X removed from the self-serve tiers (X changelog, 20 Apr 2026)."""
    return {
        "title": "Client Forbidden",
        "detail": f"{feature} is not available to your access level.",
        "type": PROBLEMS + "client-forbidden",
        "reason": "client-not-enrolled",
        "required_enrollment": "Enterprise",
        "status": 403,
    }


def legacy(code: int, message: str) -> dict[str, Any]:
    """The format of the older API, which some endpoints still answer with."""
    return {"errors": [{"code": code, "message": message}]}


def oauth(error: str, description: str) -> dict[str, str]:
    """The OAuth 2.0 token endpoint's own format (RFC 6749 section 5.2)."""
    return {"error": error, "error_description": description}
