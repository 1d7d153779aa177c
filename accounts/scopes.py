"""What a principal may be allowed to do through the API, by name."""

from __future__ import annotations

SCOPES: dict[str, str] = {
    "posts:read": "read posts, threads, drafts, templates and imports",
    "posts:write": "create, edit, cancel, retry and import posts",
    "inbox:read": "read mentions, direct messages and conversations",
    "inbox:write": "work on conversations: status, assignee, notes, tags, saved replies",
    "actions:write": "reply, send direct messages, like and repost",
    "accounts:read": "read accounts, their health and their capabilities",
    "events:read": "read what happened",
    "discovery": "search X for topics",
    "campaigns:read": "read campaigns and tasks",
    "campaigns:write": "create, plan, propose and execute campaigns and tasks",
    "runs:read": "read runs and their steps",
    "policy:read": "read policies and try them out",
    "policy:write": "change policies",
    "approvals:read": "read approval requests",
    "approvals:decide": "approve, edit or reject",
    "usage:read": "read usage and costs",
    "media:write": "add pictures and videos to the library",
    "pause": "pause and resume sending",
}

# A machine must never hold these: they belong to people.
PEOPLE_ONLY = frozenset({"approvals:decide", "policy:write"})
TOKEN_SCOPES = tuple(scope for scope in SCOPES if scope not in PEOPLE_ONLY)
