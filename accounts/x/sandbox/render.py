"""Posts and users as X answers them: fields, expansions, both vocabularies.

The fields a caller did not ask for are left out.
"""

from __future__ import annotations

import json
from typing import Any

from . import problems
from .core import Sandbox
from .fields import (
    CLASSIC_EXPANSIONS,
    CLASSIC_NAMES,
    DM_FIELDS,
    EXPANSION_FIELD,
    EXPANSIONS,
    MEDIA_FIELDS,
    POLL_FIELDS,
    POST_FIELDS,
    SPEC_NAMES,
    USER_FIELDS,
)
from .posts import live
from .store import as_id, iso
from .wire import ApiError, Call


def listed(call: Call, *names: str, allowed: frozenset[str]) -> set[str]:
    """A comma-joined parameter under any of its names, in classic words; 400 if unknown."""
    values: set[str] = set()
    for name in names:
        for item in filter(None, call.query.get(name, "").split(",")):
            known = CLASSIC_EXPANSIONS if name == "expansions" else CLASSIC_NAMES
            classic = item if item in allowed else known.get(item, item)
            if classic not in allowed:
                choices = ",".join(sorted(allowed))
                message = f"The `{name}` query parameter value [{item}] is not one of [{choices}]"
                raise ApiError(400, problems.invalid_parameter(name, item, message))
            values.add(classic)
    return values


class Renderer:
    """One answer's view of the world; collects what expansions bring in."""

    def __init__(self, sandbox: Sandbox, call: Call) -> None:
        self.sandbox = sandbox
        self.spec = sandbox.settings["vocabulary"] == "spec"
        self.viewer = call.user.account
        if sandbox.settings["strict_vocabulary"]:
            refused = "tweet.fields" if self.spec else "post.fields"
            if refused in call.query:
                message = f"The query parameter [{refused}] is not one of [expansions,ids]"
                raise ApiError(400, problems.invalid_parameter(refused, "", message))
        self.expansions = listed(call, "expansions", allowed=EXPANSIONS)
        self.post_fields = listed(call, "tweet.fields", "post.fields", allowed=POST_FIELDS)
        self.user_fields = listed(call, "user.fields", allowed=USER_FIELDS)
        self.media_fields = listed(call, "media.fields", allowed=MEDIA_FIELDS)
        self.poll_fields = listed(call, "poll.fields", allowed=POLL_FIELDS)
        self.dm_fields = listed(call, "dm_event.fields", allowed=DM_FIELDS)
        self._included: dict[str, dict[str, dict[str, Any]]] = {}
        self._shown: set[int] = set()
        self.errors: list[dict[str, Any]] = []

    def word(self, classic: str) -> str:
        """A field name in the vocabulary of the answer."""
        return SPEC_NAMES.get(classic, classic) if self.spec else classic

    def envelope(self, data: Any, meta: dict[str, Any] | None = None) -> dict[str, Any]:
        """`{data, includes, errors, meta}`, each only when there is something in it."""
        body: dict[str, Any] = {"data": data} if data else {}
        if self._included:
            body["includes"] = {key: list(many.values()) for key, many in self._included.items()}
        if self.errors:
            body["errors"] = self.errors
        if meta is not None:
            body["meta"] = meta
        return body

    def posts(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        self._shown |= {row["id"] for row in rows}
        return [self.post(row) for row in rows]

    def post(self, row: dict[str, Any], *, nested: bool = False) -> dict[str, Any]:
        wanted = set(self.post_fields)
        if not nested:
            wanted |= {EXPANSION_FIELD[e] for e in self.expansions if e in EXPANSION_FIELD}
        id_ = str(row["id"])
        media = json.loads(row["media"])
        poll = json.loads(row["poll"]) if row["poll"] else None
        attachments: dict[str, Any] = {}
        if media and wanted & {"attachments"}:
            attachments["media_keys"] = [self._media_key(m) for m in media]
        if poll:
            attachments["poll_ids"] = [poll["id"]]
        full: dict[str, Any] = {
            "author_id": str(row["author_id"]),
            "attachments": attachments,
            "community_id": row["community_id"],
            "conversation_id": str(row["conversation_id"]),
            "created_at": iso(row["created_ms"]),
            "edit_controls": {
                "edits_remaining": 5,
                "is_edit_eligible": False,
                "editable_until": iso(row["created_ms"] + 1_800_000),
            },
            "entities": json.loads(row["entities"]),
            "in_reply_to_user_id": str(row["reply_to_user_id"] or ""),
            "lang": row["lang"],
            "note_tweet": json.loads(row["note"]) if row["note"] else None,
            "referenced_tweets": _references(row),
            "reply_settings": row["reply_settings"],
        }
        out = {"id": id_, "text": row["text"], self.word("edit_history_tweet_ids"): [id_]}
        out |= {self.word(k): v for k, v in full.items() if k in wanted and v}
        if "paid_partnership" in wanted:
            out["paid_partnership"] = bool(row["paid_partnership"])
        if "possibly_sensitive" in wanted:
            out["possibly_sensitive"] = False
        if "public_metrics" in wanted:
            out["public_metrics"] = self._post_metrics(row)
        if not nested:
            self._expand_post(row, media, poll)
        return out

    def user(self, row: dict[str, Any]) -> dict[str, Any]:
        profile = json.loads(row["profile"])
        id_ = int(row["id"])
        full: dict[str, Any] = {
            "created_at": iso((id_ >> 22) + 1288834974657),
            "description": profile["description"],
            "location": profile["location"],
            "profile_image_url": f"https://pbs.twimg.com/profile_images/{id_}/photo_normal.png",
            "protected": False,
            "subscription_type": "Premium" if row["premium"] else "None",
            "url": "",
            "verified": profile["verified_type"] != "none",
            "verified_type": profile["verified_type"],
        }
        out = {"id": str(id_), "name": row["name"], "username": row["username"]}
        out |= {key: value for key, value in full.items() if key in self.user_fields}
        if "public_metrics" in self.user_fields:
            count = self.sandbox.store.value
            out["public_metrics"] = {
                "followers_count": profile["followers_count"],
                "following_count": profile["following_count"],
                self.word("tweet_count"): count(
                    "SELECT count(*) FROM posts WHERE author_id = ? AND deleted_ms IS NULL", (id_,)
                ),
                "listed_count": profile["listed_count"],
                "like_count": count("SELECT count(*) FROM likes WHERE user_id = ?", (id_,)),
            }
        if self.viewer is not None and "receives_your_dm" in self.user_fields:
            out["receives_your_dm"] = receives_dm(self.sandbox, row, self.viewer["id"])
        if self.viewer is not None and "connection_status" in self.user_fields:
            out["connection_status"] = []
        return out

    def include_user(self, id_: int | str | None) -> None:
        row = self.sandbox.user(id_) if id_ else None
        if row is not None:
            self._included.setdefault("users", {})[str(row["id"])] = self.user(row)

    def include_media(self, id_: str) -> None:
        row = self.sandbox.store.row("SELECT * FROM media WHERE id = ?", (as_id(id_),))
        if row is None:
            return
        kind = {"3": "photo", "16": "animated_gif"}.get(row["media_key"].split("_")[0], "video")
        link = f"https://pbs.twimg.com/media/{row['media_key']}.jpg"
        full = {"alt_text": row["alt_text"], "width": 1200, "height": 675}
        full |= {"url": link} if kind == "photo" else {"preview_image_url": link}
        out = {"media_key": row["media_key"], "type": kind}
        out |= {key: value for key, value in full.items() if key in self.media_fields and value}
        self._included.setdefault("media", {})[row["media_key"]] = out

    def include_post(self, id_: int, *, with_author: bool = False, parameter: str = "") -> None:
        row = live(self.sandbox, id_)
        if row is None:
            self.errors.append(problems.not_found("tweet", parameter, str(id_)))
            return
        if with_author:
            self.include_user(row["author_id"])
        seen = self._included.setdefault(self.word("tweets"), {})
        seen[str(id_)] = self.post(row, nested=True)

    def _expand_post(
        self, row: dict[str, Any], media: list[str], poll: dict[str, Any] | None
    ) -> None:
        if "author_id" in self.expansions:
            self.include_user(row["author_id"])
        if "in_reply_to_user_id" in self.expansions:
            self.include_user(row["reply_to_user_id"])
        if "entities.mentions.username" in self.expansions:
            for mention in json.loads(row["entities"]).get("mentions", []):
                self.include_user(mention["id"])
        if "attachments.media_keys" in self.expansions:
            for id_ in media:
                self.include_media(id_)
        if poll and "attachments.poll_ids" in self.expansions:
            keep = self.poll_fields | {"id", "options"}
            shown = {key: value for key, value in poll.items() if key in keep}
            self._included.setdefault("polls", {})[poll["id"]] = shown
        authors = "referenced_tweets.id.author_id" in self.expansions
        if authors or "referenced_tweets.id" in self.expansions:
            for reference in _references(row):
                self.include_post(
                    int(reference["id"]),
                    with_author=authors or (self.spec and "author_id" in self.expansions),
                    parameter=self.word("referenced_tweets") + ("" if self.spec else ".id"),
                )

    def _media_key(self, id_: str) -> str:
        found = self.sandbox.store.value("SELECT media_key FROM media WHERE id = ?", (as_id(id_),))
        return str(found)

    def _post_metrics(self, row: dict[str, Any]) -> dict[str, int]:
        def count(column: str) -> int:
            sql = f"SELECT count(*) FROM posts WHERE {column} = ? AND deleted_ms IS NULL"  # noqa: S608 - column is one of three below
            return int(self.sandbox.store.value(sql, (row["id"],)))

        likes = self.sandbox.store.value(
            "SELECT count(*) FROM likes WHERE post_id = ?", (row["id"],)
        )
        age_min = max(0, self.sandbox.clock.now_ms() - row["created_ms"]) // 60_000
        return {
            self.word("retweet_count"): count("repost_of_id"),
            "reply_count": count("reply_to_id"),
            "like_count": int(likes),
            "quote_count": count("quote_id"),
            "bookmark_count": 0,
            "impression_count": min(5000, age_min * (1 + row["id"] % 7)),
        }


def receives_dm(sandbox: Sandbox, user: dict[str, Any], sender_id: int) -> bool:
    """Open to messages, or has written to the sender before."""
    if user["dm_open"]:
        return True
    low, high = sorted((int(user["id"]), int(sender_id)))
    wrote = sandbox.store.value(
        "SELECT 1 FROM dm_events WHERE conversation_id = ? AND sender_id = ?",
        (f"{low}-{high}", user["id"]),
    )
    return bool(wrote)


def _references(row: dict[str, Any]) -> list[dict[str, str]]:
    columns = (
        ("retweeted", "repost_of_id"), ("quoted", "quote_id"), ("replied_to", "reply_to_id"),
    )  # fmt: skip
    return [{"type": kind, "id": str(row[name])} for kind, name in columns if row[name]]
