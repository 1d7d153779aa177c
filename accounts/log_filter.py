"""Keeps secrets out of the logs, by name and by shape."""

from __future__ import annotations

import logging
import re

SECRET_SHAPES = [
    re.compile(r"xm_[0-9A-Za-z]+_[0-9A-Za-z_-]{20,}"),
    re.compile(
        r"(?i)(authorization['\"]?\s*[:=]\s*['\"]?(?:token|bearer|oauth|basic)\s+)[^\s'\"]+"
    ),
    re.compile(
        r"(?i)((?:access_token|refresh_token|client_secret|consumer_secret|token_secret"
        r"|password|oauth_signature)['\"]?\s*[:=]\s*['\"]?)[^\s'\"&,}]+"
    ),
]


def without_secrets(text: str) -> str:
    """The text with everything that looks like a secret replaced by `***`."""
    for shape in SECRET_SHAPES:
        text = shape.sub(lambda found: (found.group(1) if found.groups() else "") + "***", text)
    return text


class SecretsFilter(logging.Filter):
    """Cleans each record's message, arguments and traceback before it is written."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = without_secrets(record.getMessage())
        record.args = None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = without_secrets(record.exc_text)
        return True
