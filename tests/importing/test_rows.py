"""What a single row's cells are checked for, each fault with its line and column."""

from __future__ import annotations

import pytest

from tests.importing.samples import places, read


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("slot", "one", "bad_slot"),
        ("slot", "0", "bad_slot"),
        ("slot", "-1", "bad_slot"),
        ("slot", "1.5", "bad_slot"),
        ("reply", "someone", "bad_reply"),
        ("reply", "https://example.com/a/status/1", "bad_reply"),
        ("reply", "https://x.com.evil.example/a/status/1", "bad_reply"),
        ("reply", "12345678901234567890", "bad_reply"),
        ("reply", "1.79E+18", "id_rounded"),
        ("community", "my group", "bad_community"),
        ("community", "1.79e+18", "id_rounded"),
        ("link", "example.com", "bad_link"),
        ("link", "javascript:alert(1)", "bad_link"),
        ("link", "https://", "bad_link"),
        ("link", "http://[::1", "bad_link"),
        ("link", "https://a.example/ b", "bad_link"),
        ("media", "a|b|c|d|e", "too_many_media"),
        ("media", "../secret.png", "bad_media"),
        ("media", "C:\\pictures\\a.png", "bad_media"),
        ("media", "http:///a.png", "bad_media"),
        ("alt text", "No picture", "alt_text_without_media"),
        ("poll", "Only one", "bad_poll"),
        ("poll", "a|b|c|d|e", "bad_poll"),
        ("poll", "a|" + "b" * 26, "bad_poll"),
        ("poll minutes", "60", "bad_poll_minutes"),
    ],
)
def test_cells_that_cannot_do(column: str, cell: str, code: str) -> None:
    parsed = read(f"text,{column}\nfine,\nHi,{cell}\n")
    assert places(parsed.errors) == [(3, column, code)]
    assert [item.line for item in parsed.importable] == [2]
    bad = parsed.items[1]
    assert bad.errors == parsed.errors
    assert bad.raw == [{"text": "Hi", column: cell}]


@pytest.mark.parametrize(
    "cell",
    [
        "1790000000000000123",
        "'1790000000000000123",
        "https://x.com/someone/status/1790000000000000123",
        "https://twitter.com/someone/status/1790000000000000123?s=20",
        "x.com/i/web/status/1790000000000000123/photo/1",
        "https://mobile.twitter.com/a_b/statuses/1790000000000000123",
    ],
)
def test_replies(cell: str) -> None:
    parsed = read(f"text,reply to\nHi,{cell}\n")
    assert parsed.errors == []
    assert parsed.items[0].reply_to_post_id == "1790000000000000123"


def test_community_by_address() -> None:
    parsed = read("text,community\nHi,https://x.com/i/communities/1493446837214187523\n")
    assert parsed.items[0].community_id == "1493446837214187523"


def test_an_id_that_a_spreadsheet_may_have_rounded_is_told() -> None:
    parsed = read("text,reply\nHi,1790000000000120000\nHo,1790000000000120001\n")
    assert [place for place in places(parsed.notes) if place[2] != "no_time"] == [
        (2, "reply", "id_maybe_rounded")
    ]


@pytest.mark.parametrize(
    ("row", "place"),
    [
        ("Hi,a.png,x|y,,", ("alt text", "alt_text_without_media")),
        (f"Hi,a.png,{'x' * 1001},,", ("alt text", "alt_text_too_long")),
        ("Hi,a.png,,a|b,", ("poll", "poll_with_media")),
        ("Hi,,,a|b,4", ("poll minutes", "bad_poll_minutes")),
        ("Hi,,,a|b,soon", ("poll minutes", "bad_poll_minutes")),
    ],
)
def test_cells_that_do_not_go_together(row: str, place: tuple[str, str]) -> None:
    parsed = read(f"text,media,alt text,poll,poll minutes\n{row}\n")
    assert places(parsed.errors) == [(2, *place)]


def test_alt_texts_keep_the_place_of_their_media() -> None:
    parsed = read("text,media,alt\nHi,a.png|b.png|c.png,|second\n")
    assert [media.alt_text for media in parsed.items[0].parts[0].media] == ["", "second", ""]


def test_text_may_be_empty_only_beside_media() -> None:
    parsed = read("text,media,slot\n,a.png,1\n,,1\n  ,,1\n")
    assert places(parsed.errors) == [(3, "text", "empty_text"), (4, "text", "empty_text")]
    assert len(parsed.importable) == 1


def test_too_long_names_the_weighted_length() -> None:
    source = f"text\n{'x' * 280}\n{'x' * 281}\n"
    assert places(read(source).errors) == [(3, "text", "too_long")]
    doubled = read(source, length=lambda text: 2 * len(text), max_length=560)
    assert places(doubled.errors) == [(3, "text", "too_long")]
    assert "562" in doubled.errors[0].detail
    assert "Shorten it by 2" in doubled.errors[0].detail


@pytest.mark.parametrize("start", "=+-@")
def test_what_looks_like_a_formula_is_text(start: str) -> None:
    cell = f'{start}HYPERLINK(""http://e.org"")'
    assert read(f'text\n"{cell}"\n').items[0].parts[0].text == cell.replace('""', '"')


def test_line_ends_and_inner_blanks_of_a_text() -> None:
    parsed = read('text\n"  One\r\n\r\nTwo\rThree  "\n')
    assert parsed.items[0].parts[0].text == "One\n\nTwo\nThree"


def test_labels_each_once() -> None:
    parsed = read('text,labels\nHi,"a, b ;  c  d |a"\n')
    assert parsed.items[0].labels == ["a", "b", "c d"]


def test_every_fault_of_a_row_is_told() -> None:
    parsed = read("text,slot,link,scheduled_time\n,x,y,z\n")
    assert {error.column for error in parsed.errors} == {"text", "slot", "link", "scheduled_time"}
