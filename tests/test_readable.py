import pytest

from portal.readable import readable


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("a\0b", "ab"),
        ("\u202egpj.exe", "gpj.exe"),
        ("\u2067a\u2069", "a"),
        ("a\x1b[31m\x7f\x9b", "a[31m"),
        ("a\ud800b", "ab"),
    ],
)
def test_what_nobody_sees_is_taken_out(typed, kept):
    assert readable(typed) == kept


@pytest.mark.parametrize("text", ["一行目\r\n二行目\tx", "👨‍👩‍👧", "葛󠄀城", "עברית", "が"])
def test_lines_emoji_variants_of_characters_and_other_scripts_stay(text):
    assert readable(text) == text
