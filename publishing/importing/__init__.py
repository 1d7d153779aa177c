"""Reading a CSV file of posts: bytes in, posts and threads with errors by line and column out.

Pure Python: nothing here touches the database, the network or Django.
"""

from publishing.importing.parsing import MAX_BYTES, MAX_ROWS, parse
from publishing.importing.types import (
    DateOrder,
    FileFormat,
    ParsedFile,
    ParsedItem,
    ParsedMedia,
    ParsedPart,
    ParsedPoll,
    RowError,
)

__all__ = [
    "MAX_BYTES",
    "MAX_ROWS",
    "DateOrder",
    "FileFormat",
    "ParsedFile",
    "ParsedItem",
    "ParsedMedia",
    "ParsedPart",
    "ParsedPoll",
    "RowError",
    "parse",
]
