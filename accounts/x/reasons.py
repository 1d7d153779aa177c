"""Which stable code stands for X's refusal.

X has no such codes of its own: it answers with a status, sometimes a problem type or a legacy
number, and a sentence. The sentences are not documented and do change, so each rule asks for few
words, and what no rule knows is still classed by its status. Sources: X API docs (response codes
and errors) for types and numbers; the sentences are as users reported them.
"""

from __future__ import annotations

_LEGACY: dict[int, str] = {
    32: "unauthorized",
    64: "account_suspended",
    88: "rate_limited",
    89: "unauthorized",
    144: "not_found",
    150: "dm_not_allowed",
    185: "rate_limited",
    186: "too_long",
    187: "duplicate_content",
    261: "read_only_app",
    326: "account_locked",
    349: "dm_not_allowed",
    385: "reply_target_gone",
    433: "reply_not_allowed",
    453: "not_in_plan",
}

_TYPES: dict[str, str] = {
    "usage-capped": "usage_capped",
    "rate-limit-exceeded": "rate_limited",
    "resource-not-found": "not_found",
    "resource-unavailable": "not_found",
    "client-forbidden": "not_in_plan",
    "oauth1-permissions": "read_only_app",
}

_STATUSES: dict[int, str] = {
    400: "invalid_request",
    401: "unauthorized",
    402: "payment_required",
    403: "forbidden",
    404: "not_found",
    409: "conflict",
    410: "not_found",
    413: "too_large",
    422: "invalid_request",
    429: "rate_limited",
}

# Read in this order; all words of one group must occur.
_SENTENCES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("duplicate_content", ("duplicate content",)),
    ("duplicate_content", ("already said that",)),
    ("account_suspended", ("account is suspended",)),
    ("account_suspended", ("account", "has been suspended")),
    ("account_locked", ("temporarily locked",)),
    ("read_only_app", ("app permissions",)),
    ("read_only_app", ("cannot perform write",)),
    ("missing_scope", ("scope",)),
    ("not_in_plan", ("access level",)),
    ("not_in_plan", ("access to a subset",)),
    ("not_in_plan", ("not permitted to access this feature",)),
    ("reply_target_gone", ("reply to", "deleted")),
    ("reply_not_allowed", ("reply", "not allowed")),
    ("reply_not_allowed", ("reply", "mentioned")),
    ("reply_not_allowed", ("reply", "permi")),
    ("reply_not_allowed", ("repl", "summon")),
    ("too_long", ("too long",)),
)

# Said of the token endpoint by its users: a spent refresh token is answered like this.
_SPENT_TOKEN = "value passed for the token was invalid"


def code_for(
    operation: str,
    status: int,
    *,
    kind: str = "",
    title: str = "",
    detail: str = "",
    legacy_code: int | None = None,
    oauth_error: str = "",
) -> str:
    """The stable code for a refusal (see the docstrings in ``accounts.x.errors``)."""
    said = detail.lower()
    if operation == "refresh_token":
        if oauth_error == "invalid_grant" or _SPENT_TOKEN in said:
            return "invalid_grant"
        if oauth_error in ("invalid_client", "unauthorized_client"):
            return "invalid_client"
    if status in (401, 402):
        # Whatever the sentence: a 401 leads to a refresh and a 402 stops the app.
        return _STATUSES[status]
    if status == 429:
        capped = kind == "usage-capped" or "usagecap" in title.lower().replace(" ", "")
        return "usage_capped" if capped else "rate_limited"
    if legacy_code in _LEGACY:
        return _LEGACY[legacy_code]
    if status == 403 or "too long" in said:
        for code, words in _SENTENCES:
            if all(word in said for word in words):
                return code
        if operation.startswith("send_dm") and not kind.startswith("not-authorized-for-field"):
            return "dm_not_allowed"
    if status != 400 and kind in _TYPES:
        return _TYPES[kind]
    return _STATUSES.get(status, "rejected")
