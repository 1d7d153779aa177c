"""The people of the sandbox: they mention, answer and write, by themselves or on demand."""

from __future__ import annotations

import random
import threading
import traceback
from typing import Any

from . import dms, posts, text
from .core import Sandbox

SEED = 20260223
FIRST_ITEMS = 4  # written at once into a new world, so that it is not empty

MENTIONS = (
    "@{to} do you ship to Norway? Could not find it on the site.",
    "Just tried the new menu at @{to} and honestly, the lemon one wins ☀️",
    "@{to} my order from last week still says “packed”. Anything I can do?",
    "Big thanks to the person answering questions at @{to} today, so patient 🙏",
    "@{to} is the app down? I get a white screen since this morning",
    "Does anyone know if @{to} is open on Monday?",
    "@{to} 来週の営業時間を教えてください",
    "Comparing @{to} and two others for our office. Any experience? #askaround",
    "@{to} love the update & the <dark> theme, but where did search go?",
    "The queue at @{to} this morning was something else 😅",
)
REPLIES = (
    "@{to} is there a student discount?",
    "@{to} needed this today, thank you",
    "@{to} how long will this run?",
    "@{to} link does not open for me?",
    "@{to} congratulations to the whole team! 🎉",
    "@{to} can I bring my dog?",
)
MESSAGES = (
    "Hi! I wrote to your support address on Friday and heard nothing. Could you look?",
    "Hello, do you take group bookings for 14 people?",
    "Could you tell me whether my parcel left? The number is {number}.",
    "Thanks for the quick help earlier, all good now 🙂",
    "Hi, I am a journalist and have two short questions about your announcement.",
    "I was charged twice, order {number}. Whom can I ask?",
)


def someone(sandbox: Sandbox, to: dict[str, Any]) -> dict[str, Any]:
    """One of the people, by chance but the same chance in every run."""
    people = sandbox.store.rows(
        "SELECT * FROM users WHERE slot IS NULL AND id <> ? ORDER BY username", (to["id"],)
    )
    return _chance(sandbox).choice(people)


def _chance(sandbox: Sandbox) -> random.Random:
    """The next deterministic source of chance; its position is kept over a restart."""
    with sandbox.store.transaction():
        step = sandbox.store.get_meta("world_step", 0) + 1
        sandbox.store.set_meta("world_step", step)
    return random.Random(SEED * 100_003 + step)  # noqa: S311 - chance for a play, not secrecy


def write_mention(
    sandbox: Sandbox,
    to: dict[str, Any],
    sender: dict[str, Any],
    body: str | None = None,
    in_reply_to: str | None = None,
) -> dict[str, Any]:
    """A post by `sender` that mentions `to`; ValueError when the post answered is not there."""
    chance = _chance(sandbox)
    choices = REPLIES if in_reply_to else MENTIONS
    written = text.normalise(body or chance.choice(choices).format(to=to["username"]))
    if to["username_lower"] not in {n.lower() for n in text.mentioned_names(written)}:
        written = f"@{to['username']} {written}"
    with sandbox.store.transaction():
        target = None
        if in_reply_to is not None:
            known = str(in_reply_to).isdecimal()
            target = posts.live(sandbox, in_reply_to) if known else None
            if target is None:
                raise ValueError(f"There is no post {in_reply_to!r} to answer.")
        return posts.keep(sandbox, posts.Draft(sender, written, target))


def write_dm(
    sandbox: Sandbox, to: dict[str, Any], sender: dict[str, Any], body: str | None = None
) -> tuple[int, str]:
    """A direct message from `sender`; answers (event id, conversation id)."""
    if sender["id"] == to["id"]:
        raise ValueError("Nobody writes to themselves.")
    chance = _chance(sandbox)
    written = body or chance.choice(MESSAGES).format(number=chance.randint(10_000, 99_999))
    with sandbox.store.transaction():
        conversation = dms.pair(sandbox, sender["id"], to["id"])
        people = [sender["id"], to["id"]]
        return dms.keep(sandbox, conversation, people, sender["id"], written, []), conversation


def one_item(sandbox: Sandbox) -> None:
    """Somebody does something: a mention, an answer to an account's newest post, or a message."""
    chance = _chance(sandbox)
    to = chance.choice(
        sandbox.store.rows("SELECT * FROM users WHERE slot IS NOT NULL ORDER BY slot LIMIT 5")
    )
    sender = someone(sandbox, to)
    kind = chance.choice(("mention", "mention", "reply", "dm"))
    newest = sandbox.store.value(
        "SELECT max(id) FROM posts WHERE author_id = ? AND deleted_ms IS NULL"
        " AND repost_of_id IS NULL",
        (to["id"],),
    )
    if kind == "dm":
        write_dm(sandbox, to, sender)
    else:
        answered = str(newest) if kind == "reply" and newest else None
        write_mention(sandbox, to, sender, None, answered)


class World(threading.Thread):
    """Drips an item every so often (setting `world_interval_s`) unless `quiet_world` is set."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(name="sandbox-world", daemon=True)
        self._sandbox = sandbox

    def run(self) -> None:
        sandbox = self._sandbox
        chance = random.Random(SEED)  # noqa: S311 - chance for a play, not secrecy
        if not sandbox.settings["quiet_world"] and not sandbox.store.get_meta("world_step"):
            for _ in range(FIRST_ITEMS):
                self._item()
        while True:
            low, high = sandbox.settings["world_interval_s"]
            if sandbox.stopping.wait(chance.uniform(low, high)):
                return
            if not sandbox.settings["quiet_world"]:
                self._item()

    def _item(self) -> None:
        try:
            one_item(self._sandbox)
        except Exception:
            traceback.print_exc()  # the play goes on; the server matters more
