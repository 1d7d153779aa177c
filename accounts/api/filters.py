"""Filters of lists that are as strict as the bodies are."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django_filters import Filter
from rest_framework.exceptions import ValidationError

from accounts.api.fields import AwareDateTimeField


class MomentField(forms.CharField):
    """A query parameter that names a moment; a naive one is a 400, as in a body."""

    def __init__(self, **kwargs: Any) -> None:
        self.name = kwargs.pop("name")
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        reader = AwareDateTimeField()
        reader.bind(self.name, None)  # type: ignore[arg-type]
        try:
            moment: datetime = reader.to_internal_value(text)
        except ValidationError as refused:
            sentences = [str(each) for each in refused.detail]
            raise forms.ValidationError(" ".join(sentences), code="invalid") from None
        return moment


class MomentFilter(Filter):
    """`?scheduled_after=2026-01-31T09:30:00Z` (a `+` of an offset is written `%2B` in a URL)."""

    field_class = MomentField

    def __init__(self, *args: Any, name: str, **kwargs: Any) -> None:
        super().__init__(*args, name=name, **kwargs)
