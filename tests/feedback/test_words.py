"""Which words an opinion has, and that none of them tells of somebody."""

import subprocess
import sys

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback.mask import IN_ITS_PLACE
from feedback.models import LONGEST_TEXT
from feedback.words import MOST_TERMS, terms


def words(text):
    return [term for term in terms(text) if " " not in term]


# ---- Japanese


@pytest.mark.parametrize(
    ("one", "other", "word"),
    [
        ("わかりません", "分からない。", "分からない"),
        ("わからなかった", "わからず", "分からない"),
        ("読めません", "よめない", "読めない"),
        ("見られない", "見られません", "見られない"),
        ("わかりづらい", "分かりにくいです", "分かりにくい"),
        ("むずかしい", "難しくて", "難しい"),
        ("子ども", "こども", "子供"),
        ("ﾏｲﾅﾝﾊﾞｰｶｰﾄﾞ", "マイナンバーカード", "マイナンバーカード"),
        ("ＰＤＦ", "pdf", "pdf"),
    ],
)
def test_forms_of_one_word_are_one(one, other, word):
    assert terms(one) == terms(other) == [word]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("窓口の予約", ["窓口", "予約", "窓口 予約"]),
        ("補助金の一覧がほしいです", ["補助金", "一覧", "補助金 一覧", "一覧 欲しい"]),
        ("ログインできません", ["ログイン", "ログイン 出来ない"]),
        ("ログインできない。エラー", ["ログイン", "ログイン 出来ない", "エラー"]),
        ("表示されない", ["表示", "表示 されない"]),
        ("再発行", ["再発行"]),
        ("住民票", ["住民票"]),
        ("表", ["表"]),
        ("やさしい日本語", ["やさしい", "日本語", "やさしい 日本語"]),
        ("マイナポータル", ["マイナ", "ポータル", "マイナ ポータル"]),
        ("予約しないといけない", ["予約"]),
        ("予約しなければならない", ["予約"]),
    ],
)
def test_words_carry_what_belongs_to_them_and_pairs_stay_within_a_sentence(text, found):
    assert terms(text) == found


# ---- with spaces


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("I want a list of subsidies.", ["list", "subsidies", "list subsidies"]),
        ("I can't find it", ["find", "not find"]),
        ("It is partisan", ["partisan"]),
        ("It cannot load. The page", ["load", "not load", "page"]),
        ("The MY NUMBER CARD", ["number", "card", "number card"]),
        ("Não consigo", ["não", "consigo", "não consigo"]),
        ("पता नहीं", ["पता", "नहीं", "पता नहीं"]),
    ],
)
def test_words_of_a_text_with_spaces(text, found):
    assert terms(text) == found


def test_each_part_is_read_in_its_own_writing():
    assert words("エラーです。It says: file not found") == ["エラー", "file", "found"]


# ---- what is no word


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("kind", list(IN_ITS_PLACE))
def test_what_stands_in_place_of_what_was_masked_is_no_word(kind, language):
    with translation.override(language):
        masked = str(IN_ITS_PLACE[kind])

    assert terms(f"{masked}へ") == []
    assert terms(f"窓口{masked}予約") == ["窓口", "予約"]


@pytest.mark.parametrize(
    "text",
    [
        *("7", "７", "3つ", "2026年12月31日", "15,000円", "A-2026-004137-7", "〒102-8688", "５歳"),
        *("https://example.jp/find?name=hanako", "www.example.jp", "a@example.jp"),
        *("これはそれです", "This is it", "👩‍👩‍👧 🎉", "", " 。、!?", "-- ' ''", "あ", "x"),
    ],
)
def test_numbers_addresses_and_stop_words_are_no_words(text):
    assert terms(text) == []


@pytest.mark.parametrize(
    "name",
    [
        *("田中", "山田花子", "鈴木一郎さん", "齋賀", "グエン", "さくらさん", "ひかるさん", "林様"),
        *("佐々木課長", "石川", "Tanakaさん", "Tanaka", "Nguyen", "東京都千代田区霞が関", "中野"),
    ],
)
def test_names_of_people_and_places_are_left_out(name):
    assert terms(f"{name}の対応が悪い") == ["対応", "悪い", "対応 悪い"]


@pytest.mark.parametrize(
    "text",
    [
        *("Tanaka was rude", "tanaka was rude", "Mr. Greene was rude", "Mr Greene was rude"),
        *("Hanako Greene was rude", "It was Greene, rude", "greene-san was rude"),
        *("At the hall Greene was rude", "GREENE SAN was rude"),
    ],
)
def test_names_in_a_text_with_spaces_are_left_out(text):
    assert not [word for term in terms(text) for word in term.split() if word in NAMES]
    assert "rude" in terms(text)


NAMES = {"tanaka", "hanako", "greene", "greene-san"}


@pytest.mark.parametrize("name", ["くらし太郎", "窓口太郎"])
def test_a_first_name_between_other_words_is_left_out_too(name):
    found = terms(f"{name}に電話してください")

    assert "電話" in found
    assert not any("太郎" in term for term in found)


def test_no_pair_reaches_over_a_name():
    assert terms("窓口で田中に予約を頼む") == ["窓口", "予約", "頼む", "予約 頼む"]


# ---- any text

ODD = st.sampled_from(
    [
        "\u202e",
        "\ud800",
        "\0",
        "👩‍👩‍👧",
        "ﷺ",
        "齋賀",
        "。",
        "わからない",
        "ー",
        "゙",
        "々",
        "[",
        "]",
        "'",
        "-",
    ]
)
ANY = st.lists(st.text() | ODD, max_size=60).map("".join) | st.builds(
    lambda one, often: (one * often)[:LONGEST_TEXT],
    st.text(min_size=1, max_size=20) | ODD,
    st.integers(1, LONGEST_TEXT),
)


@settings(deadline=None)
@given(ANY)
def test_any_text_has_few_short_terms_each_once(text):
    found = terms(text)

    assert len(found) == len(set(found)) <= MOST_TERMS
    assert all(0 < len(term) <= 60 for term in found)
    assert all(len(term.split(" ")) <= 2 and term == term.strip() for term in found)
    assert not any(letter.isdigit() for term in found for letter in term)
    assert terms(text) == found
    "".join(found).encode()


def test_a_long_text_of_different_words_is_bounded():
    letters = [chr(97 + n) for n in range(26)]
    text = " ".join(one + other + "q" for one in letters for other in letters)[:LONGEST_TEXT]

    assert len(terms(text)) == MOST_TERMS


# ---- where the dictionary is loaded


def test_what_serves_pages_never_loads_the_dictionary():
    look = (
        "import sys, django; django.setup();"
        "import portal.urls, portal.wsgi, feedback.jobs, feedback.admin, feedback.views;"
        "from django.urls import get_resolver; get_resolver().url_patterns;"
        "sys.exit('sudachipy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, timeout=300)

    assert done.returncode == 0, done.stderr
