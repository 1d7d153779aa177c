"""The forms that write, change and resolve posts in the admin. Services decide; forms ask."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import Any

from django import forms

from accounts.admin_display import zone_of
from accounts.errors import XManagerError
from accounts.models import Account
from accounts.x.text import unix_lines
from publishing.content import PartContent, PostContent
from publishing.importing.times import TimeFault, parse_time
from publishing.importing.zones import to_utc
from publishing.models import Post
from publishing.services.posts import content_of
from publishing.states import PostStatus

INPUT_FORMAT = "%Y-%m-%dT%H:%M"


class LocalTimeField(forms.CharField):
    """A date and time on the account's clock, or with an offset of its own."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local", "step": "60"})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=40, required=False, **kwargs)

    def clean(self, value: Any) -> datetime | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return parse_time(text, None)
        except TimeFault as fault:
            raise forms.ValidationError(fault.detail, code=fault.code) from None


class PostForm(forms.Form):
    """What the two forms share: local time to UTC, and a service's refusal shown in place."""

    time_note = ""

    def _utc(self, moment: datetime | None, account: Account | None) -> datetime | None:
        if moment is None or moment.tzinfo is not None:
            return moment
        moment, _, self.time_note = to_utc(moment, zone_of(account))
        return moment

    def show_refusal(self, error: XManagerError) -> None:
        """Put each of the error's sentences where it belongs; what was typed stays."""
        for each in error.fields or [{"field": "", "code": error.code, "detail": error.detail}]:
            field = re.sub(
                r"^parts\.(\d+)\.text$", lambda m: f"text_{int(m[1]) + 1}", each["field"]
            )
            if field == "text" and "text" not in self.fields:
                field = "text_1"
            self.add_error(
                field if field in self.fields else None,
                forms.ValidationError(each["detail"], code=each["code"]),
            )


class AccountChoiceField(forms.ModelChoiceField[Account]):
    def label_from_instance(self, obj: Account) -> str:
        handle = f"@{obj.username}" if obj.username else "not connected"
        return f"{handle} · slot {obj.slot} · {obj.timezone}"


class WriteForm(PostForm):
    """A new post."""

    account = AccountChoiceField(queryset=Account.objects.order_by("slot"), empty_label=None)
    text = forms.CharField(
        max_length=25_000,
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="280 characters as X counts them: a link counts 23, an emoji 2.",
    )
    scheduled_time = LocalTimeField(
        label="Scheduled time", help_text="On the clock of the account's time zone."
    )
    draft = forms.BooleanField(
        required=False, label="Save as a draft", help_text="A draft does not leave."
    )

    def content(self) -> PostContent:
        data = self.cleaned_data
        return PostContent(
            parts=(PartContent(unix_lines(data["text"])),),
            scheduled_time=self._utc(data["scheduled_time"], data["account"]),
        )


class EditForm(PostForm):
    """The words and the time of a post that has not left, as they were at `revision`."""

    scheduled_time = LocalTimeField(label="Scheduled time")
    revision = forms.IntegerField(min_value=1, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, post: Post) -> None:
        self.post = post
        self.before = content_of(post)
        initial: dict[str, Any] = {"revision": post.revision}
        if post.scheduled_time:
            local = post.scheduled_time.astimezone(zone_of(post.account))
            initial["scheduled_time"] = local.strftime(INPUT_FORMAT)
        for number, part in enumerate(self.before.parts, start=1):
            initial[f"text_{number}"] = part.text
        super().__init__(data, initial=initial)
        self.fields["scheduled_time"].help_text = f"In {zone_of(post.account).key}."
        for number in range(1, len(self.before.parts) + 1):
            self.fields[f"text_{number}"] = forms.CharField(
                label=f"Text of part {number}" if post.is_thread else "Text",
                max_length=25_000,
                required=False,
                strip=False,
                widget=forms.Textarea(attrs={"rows": 4}),
            )
        if post.status == PostStatus.DRAFT:
            self.fields["schedule"] = forms.BooleanField(
                required=False,
                label="Schedule it",
                help_text="Off: it stays a draft.",
            )

    def changes(self) -> dict[str, Any]:
        """What differs from the post, as `edit_post` takes it."""
        found: dict[str, Any] = {}
        # As typed, to the minute: what was left alone must not lose its seconds.
        if self.data.get("scheduled_time", "") != self.initial.get("scheduled_time", ""):
            found["scheduled_time"] = self._utc(
                self.cleaned_data["scheduled_time"], self.post.account
            )
        texts = [
            unix_lines(self.cleaned_data[f"text_{number}"])
            for number in range(1, len(self.before.parts) + 1)
        ]
        if texts != [unix_lines(part.text) for part in self.before.parts]:
            found["parts"] = tuple(
                replace(part, text=text)
                for part, text in zip(self.before.parts, texts, strict=True)
            )
        return found

    def base_on(self, post: Post) -> None:
        """After somebody else's change: keep what was typed, for that newer revision."""
        typed = {name: self.data[name] for name in self.data}  # the last value of each
        self.data = {**typed, "revision": str(post.revision)}


class ResolveForm(forms.Form):
    """A person's answer to: did it go out?"""

    CHOICES = [
        ("published", "It went out: link it"),
        ("not_published", "It did not go out: send it again"),
        ("drop", "Drop it: don't send it, don't link it"),
    ]
    resolution = forms.ChoiceField(choices=CHOICES, widget=forms.RadioSelect, label="What is true?")
    x_id = forms.CharField(
        label="Address or id of the post on X",
        required=False,
        max_length=200,
        help_text="Only when it went out. X is asked whether that post says the same.",
    )
    note = forms.CharField(label="Note for the log", required=False, max_length=500)

    def clean_x_id(self) -> str:
        given = self.cleaned_data["x_id"].strip()
        if not given:
            return ""
        found = re.fullmatch(r"(?:https?://\S+/status/)?(\d{1,19})(?:[/?#]\S*)?", given)
        if not found:
            raise forms.ValidationError(
                "That is no address of a post on X. Copy it from the browser; it ends in "
                "/status/ and a number."
            )
        return found[1]
