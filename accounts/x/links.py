"""Which parts of a text X turns into links.

The rules are those of twitter-text v3 (X API docs: counting characters): with or without a scheme,
known top-level domains only, bare domains in ASCII. The list of top-level domains is taken from
``twitter_text``; its search is not, since its time grows with the square of a text like ``a.a.a.a``
(half a minute for 2,000 characters), and texts come from outside. This one is linear.
"""

from __future__ import annotations

import functools
import re
import warnings

MAX_URL_CHARS = 4096
_MAX_LABEL_CHARS = 63
_MAX_LABELS = 64
_MAX_TOP_LEVEL_CHARS = 24
_MAX_SLUG_CHARS = 40


@functools.cache
def _top_level() -> frozenset[str]:
    """The known top-level domains, in lower case; loaded when the first dotted text is met."""
    with warnings.catch_warnings():
        # The library still asks setuptools for its emoji file; requirements/base.txt pins one
        # that answers.
        warnings.simplefilter("ignore", UserWarning)
        from twitter_text.regexp.valid_cctld import valid_cctld
        from twitter_text.regexp.valid_gtld import valid_gtld
    names: set[str] = set()
    for pattern in (valid_gtld.pattern, valid_cctld.pattern):
        # Alternatives in two groups, followed by a look-ahead.
        names.update(pattern.lstrip("(?:").partition(")")[0].lower().split("|"))
    return frozenset(names)


_SPACES = "\t-\r \x85\xa0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_OTHERS = "\ufffe\ufeff\uffff\u202a-\u202e\u061c\u200e\u200f\u2066-\u2069"
# A name with its dots, hyphens and underscores: everything but other punctuation and spaces.
_RUN = re.compile(rf"[^!'#%&()*+,\\/:;<=>?@\[\]^{{|}}~${_SPACES}{_OTHERS}]+")
_LATIN = (
    "\xc0-\xd6\xd8-\xf6\xf8-\xff\u0100-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268"
    "\u026f\u0272\u0289\u028b\u02bb\u0300-\u036f\u1e00-\u1eff"
)
_ASCII_TAIL = re.compile(rf"[-a-zA-Z0-9{_LATIN}]*\Z")
_ASCII_HEAD = re.compile(r"[-0-9A-Za-z]*")
_PORT = re.compile(r":[0-9]+")
_PATH_CHAR = rf"[a-zA-Z\u0400-\u04ff0-9!*';:=+,.$/%#\[\]\-\u2013_~@|&{_LATIN}]"
_PATH_RUN = re.compile(f"{_PATH_CHAR}+")
_PATH_END = re.compile(rf".*[+\-a-zA-Z\u0400-\u04ff0-9=_#/{_LATIN}]", re.DOTALL)
_PARENTHESES = re.compile(rf"\((?:{_PATH_CHAR}+|{_PATH_CHAR}*\({_PATH_CHAR}+\){_PATH_CHAR}*)\)")
_QUERY_RUN = re.compile(r"\?[a-zA-Z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*")
_QUERY_END = re.compile(r".*[a-zA-Z0-9\-_&=#/]", re.DOTALL)
_NOT_BEFORE = re.compile(r"[A-Za-z0-9@＠$#＃\ufffe\ufeff\uffff]")
_SLUG = re.compile(r"/([a-zA-Z0-9]+)")


def url_spans(text: str) -> list[tuple[int, int]]:
    """Start and end of every link in ``text``, in order."""
    if "." not in text:
        return []
    spans: list[tuple[int, int]] = []
    position = 0
    while run := _RUN.search(text, position):
        start, end = run.span()
        resume = end
        for first in _starts(text, start, end, position):
            found, used = _links_at(text, first, end)
            if used:
                bare = not found or found[0][0] >= first
                if not (bare and text[first - 1 : first] in ("-", "_", ".", "/")):
                    spans += found
                resume = used
                break
        position = resume
    return spans


def _starts(text: str, start: int, end: int, position: int) -> list[int]:
    """Where a host may begin in a run of name characters, in the order twitter-text tries them.

    Something must stand before a link: another sign, or a letter that is not ASCII. What follows
    a hyphen, underscore, dot or slash is tried, too, but is no link by itself.
    """
    tried = range(start, min(end, start + _MAX_LABEL_CHARS))
    letters = [i + 1 for i in tried if text[i] > "\x7f" or text[i] in "-_."]
    if start == 0:
        # The beginning of the text will do, where the first letter does not.
        return [1, 0, *letters[1:]] if letters[:1] == [1] else [0, *letters]
    return letters if start == position else [start, *letters]


def _links_at(text: str, start: int, end: int) -> tuple[list[tuple[int, int]], int]:
    """The links whose hosts lie in the run of name characters ``text[start:end]``.

    Beside them, where the text that was read as a link ends: 0 when it is none.
    """
    scheme = next((s for s in ("https://", "http://") if _ends_with(text, start, s)), "")
    if scheme and _NOT_BEFORE.fullmatch(
        text[max(start - len(scheme) - 1, 0) : start - len(scheme)]
    ):
        scheme = ""
    if not scheme and _NOT_BEFORE.fullmatch(text[max(start - 1, 0) : start]):
        return [], 0
    host_end = _host_end(text, start, end)
    if host_end is None:
        return [], 0
    host = text[start:host_end]
    try:
        host.encode("idna")
    except UnicodeError:
        return [], 0
    last, path = _tail_end(text, host_end)
    if last - start + len(scheme or "https://") > MAX_URL_CHARS:
        return [], 0
    if not scheme:
        bare = _ascii_hosts(text, start, host_end)
        if bare and path:
            # Without a path, twitter-text leaves a query outside of a bare link.
            bare[-1] = (bare[-1][0], last)
        return bare, last
    slug = _SLUG.match(text, host_end) if host.lower() == "t.co" else None
    if slug:
        if len(slug[1]) > _MAX_SLUG_CHARS:
            return [], last
        last = _query_end(text, slug.end())
    return [(start - len(scheme), last)], last


def _ends_with(text: str, position: int, scheme: str) -> bool:
    return text[max(position - len(scheme), 0) : position].lower() == scheme


def _host_end(text: str, start: int, end: int) -> int | None:
    """Where the longest host from ``start`` ends: labels, the last a top-level domain."""
    found = None
    position = start
    previous = ""
    for _ in range(_MAX_LABELS):
        limit = min(end, position + _MAX_LABEL_CHARS + 1)
        dot = text.find(".", position, limit)
        label_end = limit if dot == -1 else dot
        label = text[position:label_end]
        if previous and "_" not in previous:
            known = _top_level_chars(label)
            if known and text[position + known : position + known + 1] not in ("@", "+"):
                found = position + known
        # A label that is no name ends the host.
        if dot == -1 or not label or len(label) > _MAX_LABEL_CHARS:
            break
        if label[0] in "-_" or label[-1] in "-_":
            break
        previous = label
        position = dot + 1
    return found


def _top_level_chars(label: str) -> int:
    """How many characters at the start of the label are a top-level domain; 0 for none."""
    head = _ASCII_HEAD.match(label)
    ascii_head = head[0].lower() if head else ""
    if ascii_head in _top_level() or (ascii_head.startswith("xn--") and len(ascii_head) > 4):
        return len(ascii_head)
    for length in range(min(_MAX_TOP_LEVEL_CHARS, len(label)), 0, -1):
        follows = label[length : length + 1]
        if label[:length].lower() in _top_level() and not re.match(r"[0-9A-Za-z-]", follows):
            return length
    return 0


def _ascii_hosts(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The hosts within a host that are ASCII (or accented Latin): the rest is plain text."""
    hosts: list[tuple[int, int]] = []
    first: int | None = None
    last: int | None = None
    position = start
    for label in text[start:end].split("."):
        if first is not None and (known := _top_level_chars(label)):
            last = position + known
        tail = _ASCII_TAIL.search(label)
        if tail is None or tail[0] != label or not label:
            if first is not None and last is not None:
                hosts.append((first, last))
            first = position + tail.start() if tail and tail[0] else None
            last = None
        elif first is None:
            first = position
        position += len(label) + 1
    if first is not None and last is not None:
        hosts.append((first, last))
    return hosts


def _tail_end(text: str, position: int) -> tuple[int, bool]:
    """Where port, path and query after a host end, and whether there is a path."""
    port = _PORT.match(text, position)
    if port:
        position = port.end()
    path = text[position : position + 1] == "/"
    if path:
        position = _path_end(text, position + 1)
    return _query_end(text, position), path


def _path_end(text: str, position: int) -> int:
    end = position
    while True:
        plain = _PATH_RUN.match(text, position)
        if plain:
            closing = _PATH_END.match(plain[0])
            end = position + closing.end() if closing else end
            position = plain.end()
        balanced = _PARENTHESES.match(text, position)
        if not balanced:
            return end
        end = position = balanced.end()


def _query_end(text: str, position: int) -> int:
    query = _QUERY_RUN.match(text, position)
    closing = _QUERY_END.match(query[0], 1) if query else None
    return position + closing.end() if closing else position
