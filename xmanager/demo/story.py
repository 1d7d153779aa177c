"""The steps of the demo, each one seen from outside before the next begins."""

from __future__ import annotations

import csv
import io
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from xmanager.demo.client import Api, Sandbox, StepFailedError, wait_for

POSTS = (
    "Good morning! Today we ship the new release notes page.",
    "Three things we learned from 200 support tickets: listen, answer, follow up.",
    "Behind the scenes: how our team plans a week of posts in an hour.",
    "Question of the day: what do you automate, and what never?",
)
THREAD = (
    "A short thread on sending things exactly once. 1/3",
    "X answers, and the line breaks before we hear it. Send again? That would post twice. 2/3",
    "So we look first: found it on X, went on from here. 3/3",
)
FIRST_DUE = timedelta(seconds=3)


class Story:
    """Plays against one running installation; texts carry a tag, so it can be played again."""

    def __init__(self, api: Api, sandbox: Sandbox) -> None:
        self.api = api
        self.sandbox = sandbox
        self.tag = f"#demo{secrets.token_hex(2)}"

    def play(self) -> Iterator[str]:
        """Yields what was seen, a line each. Raises StepFailedError."""
        yield self.two_accounts()
        yield self.a_broken_file_is_refused()
        yield self.import_a_file()
        yield self.the_same_file_again()
        yield from self.posts_leave()
        yield from self.a_thread_survives_a_broken_line()
        yield self.the_same_request_again()
        yield self.pause_and_resume()
        yield self.each_once()

    def two_accounts(self) -> str:
        accounts = self.api.get("accounts")["results"]
        names = [f"{a['account_slot']} @{a['username']}" for a in accounts if a["health"]["ok"]]
        if len(names) < 2:
            raise StepFailedError("Two connected accounts are needed; ./xm up connects them.")
        return f"connected accounts: {', '.join(names)}"

    def _file(self) -> bytes:
        start = datetime.now(UTC) + FIRST_DUE
        text = io.StringIO()
        rows = csv.writer(text)
        rows.writerow(["text", "scheduled_time", "labels"])
        for number, post in enumerate(POSTS):
            at = start + timedelta(seconds=number)
            rows.writerow([f"{post} {self.tag}", at.isoformat(timespec="seconds"), "demo"])
        return text.getvalue().encode()

    def _import(self, data: bytes) -> dict[str, Any]:
        answer = self.api.call(
            "POST",
            "scheduler/import-csv",
            data={"account_slot": "1"},
            files={"file": ("week.csv", data, "text/csv")},
        )
        found: dict[str, Any] = answer.json()
        return found

    def a_broken_file_is_refused(self) -> str:
        found = self._import(b"text,scheduled_time\nNo such time,tomorrowish\n")
        if found["imported"] or not found["errors"]:
            raise StepFailedError(f"A broken file was taken: {found}")
        error = found["errors"][0]
        return f"a broken CSV imports nothing: line {error['line']}, {error['detail']}"

    def import_a_file(self) -> str:
        self.data = self._file()
        found = self._import(self.data)
        if found["imported"] != len(POSTS):
            raise StepFailedError(f"The import took {found['imported']} rows: {found['errors']}")
        self.posts = [item["id"] for item in found["items"]]
        return f"imported {found['imported']} posts from a CSV (import {found['id']})"

    def the_same_file_again(self) -> str:
        found = self._import(self.data)
        if found["imported"] or found["skipped"] != len(POSTS):
            raise StepFailedError(f"The same file again imported {found['imported']} rows")
        return f"the same file again: {found['skipped']} duplicates told, nothing written"

    def posts_leave(self) -> Iterator[str]:
        for post_id in self.posts:
            post = self._published(f"scheduler/posts/{post_id}")
            yield f"sent on time: {post['url']}"

    def _published(self, path: str, seconds: float = 60) -> dict[str, Any]:
        def look() -> Any:
            post = self.api.get(path)
            if post["status"] in ("failed", "missed", "cancelled"):
                raise StepFailedError(f"{path} is {post['status']}: {post['failure']}")
            return post if post["status"] == "published" else None

        found: dict[str, Any] = wait_for(look, seconds=seconds, what=f"{path} published")
        return found

    def a_thread_survives_a_broken_line(self) -> Iterator[str]:
        account = self.api.get("accounts/2")["username"]
        self.sandbox.call(
            "POST",
            "faults",
            {
                "operation": "create_post",
                "mode": "reset_after",
                "account": account,
                "skip": 1,
                "times": 1,
            },
        )
        self.thread = {
            "account_slot": 2,
            "scheduled_time": (datetime.now(UTC) + timedelta(seconds=1)).isoformat(),
            "parts": [{"text": f"{text} {self.tag}"} for text in THREAD],
        }
        made = self.api.call("POST", "scheduler/thread", key=self.tag, json=self.thread).json()
        path = f"scheduler/threads/{made['id']}"
        yield f"scheduled a thread of {len(THREAD)} parts; X will break the line after part 2"
        wait_for(
            lambda: self.api.get(path)["status"] == "unknown",
            seconds=30,
            what="the outcome of part 2 being unknown",
        )
        yield "part 2: X took it, the answer was lost; nothing is sent again blindly"
        done = self._published(path, seconds=120)
        yield f"found on X by looking, the thread went on: {done['parts'][-1]['url']}"
        self.thread_id = made["id"]

    def the_same_request_again(self) -> str:
        again = self.api.call("POST", "scheduler/thread", key=self.tag, json=self.thread)
        if again.json()["id"] != self.thread_id or not again.json()["skipped"]:
            raise StepFailedError(f"The same key made another thread: {again.text}")
        return "the same request with the same Idempotency-Key: the first answer, nothing new"

    def pause_and_resume(self) -> str:
        self.api.call("POST", "agent/pause", json={"scope": "all", "reason": "demo"})
        at = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
        body = {"account_slot": 1, "text": f"Held for a moment. {self.tag}", "scheduled_time": at}
        post = self.api.call("POST", "scheduler/posts", json=body).json()
        path = f"scheduler/posts/{post['id']}"
        due = datetime.fromisoformat(at) + timedelta(seconds=2)
        wait_for(lambda: datetime.now(UTC) > due, seconds=10, what="the post's time")
        if self.api.get(path)["status"] != "scheduled":
            raise StepFailedError("A post left under a pause.")
        self.api.call("POST", "agent/resume", json={"scope": "all", "backlog": "release"})
        self._published(path)
        return "paused: a due post was held; resumed: it left"

    def each_once(self) -> str:
        ours = [text for text in self.sandbox.texts() if text.endswith(self.tag)]
        wanted = len(POSTS) + len(THREAD) + 1
        if len(ours) != wanted or len(set(ours)) != wanted:
            raise StepFailedError(f"X's ledger has {len(ours)} posts of {wanted}: {ours}")
        return f"X's own ledger: {wanted} posts, each exactly once"
