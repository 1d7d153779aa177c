"""The whole X client: everything that changes something on X, beside the reads.

No write is ever repeated here: each goes out at most once, on a connection of its own. Whether it
may go again is for the execution engine to decide, by the class of the error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, BinaryIO, Literal, TypeVar

from accounts.x import parsing, pricing
from accounts.x.bodies import build_dm_body, build_post_body
from accounts.x.calls import Call
from accounts.x.reader import XReader
from accounts.x.retries import with_retries
from accounts.x.transport import auth_for
from accounts.x.types import CreatedPost, MediaUpload, Poll, SentDm

T = TypeVar("T")

# X takes up to 5 MB, but users report that chunks near it fail; at 1 MB its 1,000 segments still
# hold the largest video (512 MB).
CHUNK_BYTES = 1024 * 1024


class XClient(XReader):
    """Reads and writes for one account; see XReader for the arguments."""

    def create_post(
        self,
        text: str,
        *,
        reply_to: str | None = None,
        quote: str | None = None,
        media_ids: Sequence[str] = (),
        poll: Poll | None = None,
        reply_settings: str | None = None,
        community_id: str | None = None,
        made_with_ai: bool | None = None,
        paid_partnership: bool | None = None,
    ) -> CreatedPost:
        """Publish a post; the arguments are those of ``build_post_body``."""
        return self.create_post_body(
            build_post_body(
                text,
                reply_to=reply_to,
                quote=quote,
                media_ids=media_ids,
                poll=poll,
                reply_settings=reply_settings,
                community_id=community_id,
                made_with_ai=made_with_ai,
                paid_partnership=paid_partnership,
            )
        )

    def create_post_body(
        self, body: Mapping[str, Any], *, summoned_reply: bool = False
    ) -> CreatedPost:
        """Publish exactly this body (see ``build_post_body``).

        ``summoned_reply`` only matters to the cost estimate: X charges less for answering somebody
        who mentioned or quoted the account.
        """

        def price(_resources: int) -> Decimal:
            return pricing.post_price(str(body.get("text", "")), summoned_reply=summoned_reply)

        return self._write(
            "create_post", "POST", "/2/tweets", parsing.read_created_post, json=body, price=price
        )

    def delete_post(self, post_id: str) -> bool:
        """Delete an own post; NotFound when it is gone already."""
        return self._write(
            "delete_post",
            "DELETE",
            "/2/tweets/{id}",
            parsing.read_state("deleted"),
            path={"id": post_id},
        )

    def like(self, post_id: str) -> bool:
        """Like a post; the answer is whether it is liked now."""
        return self._engage("like", "/2/users/{id}/likes", post_id, "liked")

    def unlike(self, post_id: str) -> bool:
        """Take a like back; the answer is whether it is liked now."""
        return self._disengage("unlike", "/2/users/{id}/likes/{tweet_id}", post_id, "liked")

    def repost(self, post_id: str) -> bool:
        """Repost a post; the answer is whether it is reposted now."""
        return self._engage("repost", "/2/users/{id}/retweets", post_id, "retweeted", "reposted")

    def unrepost(self, post_id: str) -> bool:
        """Take a repost back; the answer is whether it is reposted now."""
        path = "/2/users/{id}/retweets/{source_tweet_id}"
        return self._disengage("unrepost", path, post_id, "retweeted", "reposted")

    def hide_reply(self, post_id: str, hidden: bool = True) -> bool:
        """Hide (or show again) a reply in an own conversation; the answer is whether it is."""
        return self._write(
            "hide_reply",
            "PUT",
            "/2/tweets/{tweet_id}/hidden",
            parsing.read_state("hidden"),
            path={"tweet_id": post_id},
            json={"hidden": hidden},
        )

    def send_dm(
        self,
        text: str,
        *,
        participant_id: str | None = None,
        conversation_id: str | None = None,
        media_id: str | None = None,
    ) -> SentDm:
        """Send a direct message to a person or to a conversation."""
        return self.send_dm_body(
            build_dm_body(text, media_id=media_id),
            participant_id=participant_id,
            conversation_id=conversation_id,
        )

    def send_dm_body(
        self,
        body: Mapping[str, Any],
        *,
        participant_id: str | None = None,
        conversation_id: str | None = None,
    ) -> SentDm:
        """Send exactly this body (see ``build_dm_body``); name one of the two receivers."""
        if participant_id is not None and conversation_id is None:
            template = "/2/dm_conversations/with/{participant_id}/messages"
            path = {"participant_id": participant_id}
        elif conversation_id is not None and participant_id is None:
            template = "/2/dm_conversations/{conversation_id}/messages"
            path = {"conversation_id": conversation_id}
        else:
            raise ValueError("name either participant_id or conversation_id")
        return self._write("send_dm", "POST", template, parsing.read_sent_dm, path=path, json=body)

    def media_initialize(self, media_type: str, total_bytes: int, category: str) -> MediaUpload:
        """Begin an upload of a MIME type for a category such as ``tweet_image``."""
        body = {
            "media_type": media_type,
            "total_bytes": total_bytes,
            "media_category": category,
        }
        path = "/2/media/upload/initialize"
        return self._write("media_initialize", "POST", path, parsing.read_media, json=body)

    def media_append(self, media_id: str, index: int, chunk: bytes) -> None:
        """Send one chunk (0 to 999). Chunks have their place, so this alone is repeated."""

        def attempt(seconds_left: float) -> None:
            call = Call(
                operation="media_append",
                method="POST",
                path="/2/media/upload/{id}/append",
                parse=_nothing,
                auth=auth_for(self._credentials),
                path_values={"id": media_id},
                form={"segment_index": str(index)},
                files={"media": ("chunk", chunk, "application/octet-stream")},
                empty_answer=True,
            )
            self._caller.perform(call, deadline=seconds_left)

        with_retries(attempt, cap=self._read_retry_cap, backoff=self._read_backoff)

    def media_finalize(self, media_id: str) -> MediaUpload:
        """End an upload; X may go on processing (see ``MediaUpload.ready``)."""
        path = "/2/media/upload/{id}/finalize"
        return self._write(
            "media_finalize", "POST", path, parsing.read_media, path={"id": media_id}
        )

    def upload_media(
        self,
        file: BinaryIO,
        *,
        media_type: str,
        category: Literal[
            "tweet_image", "tweet_gif", "tweet_video", "dm_image", "dm_gif", "dm_video"
        ],
        total_bytes: int,
        chunk_bytes: int = CHUNK_BYTES,
    ) -> MediaUpload:
        """Upload a whole file; does not wait for X to process it."""
        upload = self.media_initialize(media_type, total_bytes, category)
        index = 0
        while chunk := file.read(chunk_bytes):
            self.media_append(upload.id, index, chunk)
            index += 1
        return self.media_finalize(upload.id)

    def set_alt_text(self, media_id: str, text: str) -> None:
        """Describe an uploaded picture (up to 1,000 characters), before it is posted."""
        body = {"id": media_id, "metadata": {"alt_text": {"text": text}}}
        self._write(
            "set_alt_text", "POST", "/2/media/metadata", _nothing, json=body, empty_answer=True
        )

    def _engage(self, operation: str, path: str, post_id: str, *state: str) -> bool:
        return self._write(
            operation,
            "POST",
            path,
            parsing.read_state(*state),
            path=self._own_path(),
            json={"tweet_id": post_id},
        )

    def _disengage(self, operation: str, path: str, post_id: str, *state: str) -> bool:
        name = "source_tweet_id" if "source_tweet_id" in path else "tweet_id"
        return self._write(
            operation,
            "DELETE",
            path,
            parsing.read_state(*state),
            path={**self._own_path(), name: post_id},
        )

    def _write(
        self,
        operation: str,
        method: str,
        path_template: str,
        parse: Callable[[Mapping[str, Any]], T],
        *,
        path: Mapping[str, str] | None = None,
        json: Mapping[str, Any] | None = None,
        price: Callable[[int], Decimal] | None = None,
        empty_answer: bool = False,
    ) -> T:
        call = Call(
            operation=operation,
            method=method,
            path=path_template,
            parse=parse,
            auth=auth_for(self._credentials),
            path_values=path or {},
            json=json,
            price=price,
            empty_answer=empty_answer,
        )
        return self._caller.perform(call)


def _nothing(_payload: Mapping[str, Any]) -> None:
    return None
