"""Names of places in the Latin alphabet."""

import re

import pytest

from portal.residents.models import Municipality
from portal.residents.romaji import compared, romaji


@pytest.mark.parametrize(
    ("name", "kana", "written"),
    [
        ("千代田区", "チヨダク", "Chiyoda"),
        ("神戸市", "コウベシ", "Kobe"),
        ("大阪府", "オオサカフ", "Osaka"),
        ("北海道", "ホッカイドウ", "Hokkaido"),
        ("京都府", "キョウトフ", "Kyoto"),
        ("四日市市", "ヨッカイチシ", "Yokkaichi"),
        ("大町町", "オオマチチョウ", "Omachi"),
        ("西粟倉村", "ニシアワクラソン", "Nishiawakura"),
        ("倶知安町", "クッチャンチョウ", "Kutchan"),
        ("新潟市", "ニイガタシ", "Niigata"),
        ("中央区", "チュウオウク", "Chuo"),
        ("上越市", "ジョウエツシ", "Joetsu"),
        ("つがる市", "ツガルシ", "Tsugaru"),
        # Two parts of a name that only look like a long vowel.
        ("勝浦市", "カツウラシ", "Katsuura"),
        ("豊岡市", "トヨオカシ", "Toyooka"),
        ("瀬戸内市", "セトウチシ", "Setouchi"),
        ("曽於市", "ソオシ", "Soo"),
        # No kana, no name.
        ("", "", ""),
    ],
)
def test_a_place_is_written_as_on_maps(name, kana, written):
    assert romaji(name, kana) == written


@pytest.mark.parametrize(
    "asked",
    ["Kobe", "KOBE", "kobe", "Kōbe", "Kôbe", "koube", "Kohbe", "Kobe City", "Kobe-city", " Kobe "],
)
def test_however_it_is_written_it_is_the_same(asked):
    assert compared(asked) == compared("Kobe") == "kobe"


@pytest.mark.parametrize(("asked", "same"), [("Gumma", "Gunma"), ("Tembun", "Tenbun")])
def test_an_n_before_b_m_and_p_may_be_an_m(asked, same):
    assert compared(asked) == compared(same)


@pytest.mark.parametrize("asked", ["", "神戸", "コウベ", "281000", "%", "\u0304"])
def test_what_has_no_latin_letter_is_no_name_in_it(asked):
    assert compared(asked) == ""


@pytest.mark.django_db
def test_every_municipality_has_a_name_in_latin_letters():
    written = [(one, romaji(one.name, one.name_kana)) for one in Municipality.objects.all()]

    assert len(written) == 1741
    assert [one for one, name in written if not (name.isascii() and name.isalpha())] == []
    kept = {name for _one, name in written if re.search("ou|oo|uu", name.lower())}
    assert kept == {
        *("Takinoue", "Toyoura", "Kotoura", "Katsuura", "Nachikatsuura", "Matsuura", "Koumi"),
        *("Toyooka", "Hiroo", "Minoo", "Soo", "Nishinoomote", "Mooka"),
        *("Setouchi", "Yamanouchi", "Wanouchi"),
        *("Shoo", "Toon", "Bungoono", "Sanyoonoda", "Suooshima"),
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("code", "kana"),
    [("112119", "ホンジョウシ"), ("332089", "ソウジャシ"), ("124435", "オンジュクマチ")],
)
def test_kana_have_their_small_letters(code, kana):
    assert Municipality.objects.get(code=code).name_kana == kana
