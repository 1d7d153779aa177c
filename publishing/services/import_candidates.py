"""From the rows of a file to posts that can be written, with what stands in the way of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.errors import InvalidError
from accounts.models import Account
from accounts.principals import Principal
from publishing.content import (
    PartContent,
    PartMediaContent,
    PostContent,
    check_time,
    dedupe_key,
    problems,
)
from publishing.importing import ParsedFile, ParsedItem, ParsedPart, RowError
from publishing.models import PartMedia, Post, PostPart
from publishing.services.bulk import NewPost, posts_with
from publishing.services.import_media import MediaFinder, UnresolvedError
from publishing.states import ImportResult, PostStatus

# Field of a post -> field of the importer, where the two are called differently.
_COLUMN_FIELDS = {
    "parts": "thread",
    "reply_to_post_id": "reply",
    "community_id": "community",
    "source_url": "link",
}


@dataclass
class Candidate:
    """One item of the file. `same_as` is an earlier line of the file that says the same."""

    position: int
    item: ParsedItem
    errors: list[RowError]
    new: NewPost | None = None
    same_as: int | None = None
    duplicate_of: int | None = None

    @property
    def is_duplicate(self) -> bool:
        return self.same_as is not None or self.duplicate_of is not None

    @property
    def result(self) -> ImportResult:
        """What it will become, as far as can be said before it is written."""
        if self.errors or self.new is None:
            return ImportResult.ERROR
        if self.is_duplicate:
            return ImportResult.DUPLICATE
        return ImportResult.THREAD if self.new.is_thread else ImportResult.POST


@dataclass
class Checked:
    """The whole file: `errors` are all of it, those of the candidates among them."""

    parsed: ParsedFile
    candidates: list[Candidate]
    errors: list[RowError]
    notes: list[RowError]

    def count(self, *results: ImportResult) -> int:
        return sum(1 for each in self.candidates if each.result in results)


def check_rows(
    parsed: ParsedFile,
    *,
    account: Account,
    actor: Principal,
    now: datetime,
    lines: Sequence[int] | None,
    start: int = 0,
) -> Checked:
    """Check every row as the doors of single posts do; reads the database, writes nothing.

    `lines`: only the items that have one of these lines of the file; None for all. `start`: the
    items before this position are done and not looked at again.
    """
    items, errors = _chosen(parsed, lines)
    builder = _Builder(parsed.columns_recognised, account, actor, now, items[start:])
    candidates = [
        Candidate(position, item, []) if position < start else builder.candidate(position, item)
        for position, item in enumerate(items)
    ]
    checked = Checked(parsed, candidates, errors, list(parsed.notes))
    checked.errors += [error for each in candidates for error in each.errors]
    checked.errors.sort(key=lambda error: error.line)
    _mark_duplicates(checked)
    return checked


def _chosen(
    parsed: ParsedFile, lines: Sequence[int] | None
) -> tuple[list[ParsedItem], list[RowError]]:
    """The items to look at, and the errors that belong to none of them."""
    of_items = {id(error) for item in parsed.items for error in item.errors}
    errors = [error for error in parsed.errors if id(error) not in of_items]
    if lines is None or not parsed.items:
        return parsed.items, errors
    wanted = set(lines)
    there = {line for item in parsed.items for line in item.lines}
    errors += [
        RowError(line, "", "no_such_line", f"No row of the file begins in line {line}.")
        for line in sorted(wanted - there)
    ]
    return [item for item in parsed.items if wanted & set(item.lines)], errors


class _Builder:
    def __init__(
        self,
        columns: Mapping[str, str],
        account: Account,
        actor: Principal,
        now: datetime,
        items: Sequence[ParsedItem],
    ) -> None:
        self._headers = {name: header for header, name in columns.items()}
        self._account = account
        self._actor = actor
        self._now = now
        slots = {item.slot for item in items if item.slot} - {account.slot}
        self._accounts = {each.slot: each for each in Account.objects.filter(slot__in=slots)}
        self._accounts[account.slot] = account
        self._media = MediaFinder(
            medium.ref
            for item in items
            for part in item.parts
            for medium in part.media
            if not medium.is_url
        )

    def candidate(self, position: int, item: ParsedItem) -> Candidate:
        made = Candidate(position, item, list(item.errors))
        if made.errors:
            return made
        account = self._account_of(item, made.errors)
        content = PostContent(
            parts=tuple(self._part(part, made.errors) for part in item.parts),
            scheduled_time=item.scheduled_time,
            reply_to_post_id=item.reply_to_post_id or "",
            community_id=item.community_id or "",
            labels=item.labels,
            source_url=item.source_url,
        )
        is_thread = item.kind == "thread"
        found = problems(content, is_thread=is_thread)
        if content.scheduled_time:
            found += time_problems(content, self._now)
        made.errors += [self._row_error(item, problem) for problem in found]
        if account and not made.errors:
            made.new = NewPost(account, content, dedupe_key(account.pk, content), is_thread)
        return made

    def _account_of(self, item: ParsedItem, errors: list[RowError]) -> Account | None:
        slot = item.slot or self._account.slot
        if not self._actor.may_use(slot):
            detail = f"You may not use account slot {slot}. Take the row out, or ask for access."
            errors.append(RowError(item.line, self._header("slot"), "account_not_allowed", detail))
            return None
        account = self._accounts.get(slot)
        if account is None:
            detail = f"There is no account in slot {slot}. Connect it first, or correct the slot."
            errors.append(RowError(item.line, self._header("slot"), "account_missing", detail))
        return account

    def _part(self, part: ParsedPart, errors: list[RowError]) -> PartContent:
        media = []
        for medium in part.media:
            try:
                if medium.is_url:
                    raise UnresolvedError(
                        "media_not_fetched",
                        f"Files are not fetched from addresses such as {medium.ref[:80]}. Add the "
                        "file to the media library and write its name here.",
                    )
                media.append(PartMediaContent(self._media.find(medium.ref), medium.alt_text))
            except UnresolvedError as problem:
                errors.append(
                    RowError(part.line, self._header("media"), problem.code, problem.detail)
                )
        poll = None
        if part.poll:
            poll = {
                "options": list(part.poll.options),
                "duration_minutes": part.poll.duration_minutes,
            }
        return PartContent(part.text, tuple(media), poll)

    def _header(self, name: str) -> str:
        return self._headers.get(_COLUMN_FIELDS.get(name, name), "")

    def _row_error(self, item: ParsedItem, problem: Mapping[str, str]) -> RowError:
        """A problem of `publishing.content`, at the line and column that it comes from."""
        head, _, rest = problem["field"].partition(".")
        number, _, name = rest.partition(".")
        line = item.parts[int(number)].line if number.isdigit() else item.line
        header = self._header(name or head)
        if head == "scheduled_time":
            header = header or self._header("date")
        return RowError(line, header, problem["code"], problem["detail"])


def time_problems(content: PostContent, now: datetime) -> list[dict[str, str]]:
    """What is wrong with the time, in the form of `problems`."""
    try:
        check_time(content, now)
    except InvalidError as error:
        return error.fields
    return []


def _mark_duplicates(checked: Checked) -> None:
    good = [(each, each.new) for each in checked.candidates if each.new]
    there = posts_with(new.key for _, new in good)
    drafts = draft_keys({new.account.pk for _, new in good if new.draft})
    first: dict[str, int] = {}
    for each, new in good:
        each.duplicate_of = there.get(new.key)
        if each.duplicate_of is None and new.draft:
            each.duplicate_of = drafts.get(new.key)
        if each.duplicate_of is not None:
            detail = f"Post {each.duplicate_of} says the same already."
        elif new.key in first:
            each.same_as = first[new.key]
            detail = f"Line {each.same_as} of the file says the same."
        else:
            first[new.key] = each.item.line
            continue
        checked.notes.append(RowError(each.item.line, "", "duplicate", detail))
    checked.notes.sort(key=lambda note: note.line)


def draft_keys(account_ids: set[int]) -> dict[str, int]:
    """Dedupe key -> id of the drafts of these accounts: drafts keep no key of their own."""
    if not account_ids:
        return {}
    drafts = Post.objects.filter(account_id__in=account_ids, status=PostStatus.DRAFT)
    parts: dict[int, list[PostPart]] = {}
    for part in PostPart.objects.filter(post__in=drafts).order_by("post_id", "position"):
        parts.setdefault(part.post_id, []).append(part)
    media: dict[int, list[PartMediaContent]] = {}
    uses = PartMedia.objects.filter(part__post__in=drafts).select_related("asset")
    for use in uses.order_by("part_id", "position"):
        media.setdefault(use.part_id, []).append(PartMediaContent(use.asset, use.alt_text))
    keys = {}
    for post in drafts.order_by("-pk"):
        content = PostContent(
            parts=tuple(
                PartContent(part.text, tuple(media.get(part.pk, ())), part.poll)
                for part in parts.get(post.pk, ())
            ),
            reply_to_post_id=post.reply_to_post_id,
            quote_post_id=post.quote_post_id,
            source_url=post.source_url,
        )
        keys[dedupe_key(post.account_id, content)] = post.pk
    return keys
