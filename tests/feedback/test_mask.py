"""What is taken out of a text before it is stored."""

import pytest

from feedback.mask import mask


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("hanako@example.jp", "e-mail"),
        ("花子です。hanako.yamada+a@mail.example.co.jpまで", "e-mail"),
        ("ｈａｎａｋｏ＠ｅｘａｍｐｌｅ．ｊｐ", "e-mail"),
        ("電話は 03-1234-5678 です", "telephone"),
        ("09012345678", "telephone"),
        ("０９０－１２３４－５６７８", "telephone"),
        ("090 1234 5678まで", "telephone"),
        ("+81 90-1234-5678", "telephone"),
        ("1234 5678 9018", "my-number"),
        ("番号は１２３４５６７８９０１８です", "my-number"),
        ("1234-5678-9018", "my-number"),
        ("4111 1111 1111 1111", "card"),
        ("４１１１－１１１１－１１１１－１１１１", "card"),
        ("378282246310005", "card"),
    ],
)
def test_what_tells_who_somebody_is_is_masked(text, kind):
    masked = mask(text)

    assert masked.kinds == [kind]
    assert not any(letter.isdecimal() for letter in masked.text)
    assert "@" not in masked.text
    assert "＠" not in masked.text


@pytest.mark.parametrize(
    "text",
    [
        "2027年5月20日まで、あと28日",
        "15,000円から10,000円に",
        "1234 5678 9012",  # its check digit is not that of a My Number
        "受付番号 A-2026-004137-7",
        "〒102-8688",
        "4111111111111112",  # nor is this one that of a card
        "8時30分から17時15分",
        "",
    ],
)
def test_other_numbers_stay(text):
    assert mask(text).text == text


def test_what_stands_around_stays_and_each_kind_is_named_once():
    masked = mask("a@example.jp か b@example.jp か 03-1234-5678 へ。それだけです。")

    assert masked.kinds == ["e-mail", "telephone"]
    assert masked.text == (
        "［メールアドレス］ か ［メールアドレス］ か ［電話番号］ へ。それだけです。"
    )


def test_a_long_text_of_digits_is_read_in_time():
    for text in ["0" * 2000, "0-" * 1000, "1 2 3 4" * 300, "a@" * 1000, "+81" * 600]:
        mask(text)


def test_masked_twice_is_masked_once():
    once = mask("hanako@example.jp 090-1234-5678 1234 5678 9018").text

    assert mask(once).text == once
