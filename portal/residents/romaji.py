"""Names of places in the Latin alphabet, made from their kana: 神戸市 (コウベシ) is Kobe.

Hepburn, with long vowels written as short ones, as on maps and signs: Osaka, not Ōsaka or Oosaka.
"""

import re
import unicodedata
from functools import lru_cache

import jaconv

PLACES = 2_000  # the municipalities and prefectures, and more

# What a name ends with and the kana of that; 北海道 is no name without its end.
ENDS = {
    "都": ["と"],
    "府": ["ふ"],
    "県": ["けん"],
    "市": ["し"],
    "区": ["く"],
    "町": ["ちょう", "まち"],
    "村": ["むら", "そん"],
}
# What begins with a vowel that makes none before it long: 勝浦 is Katsuura, 豊岡 is Toyooka.
BEGINS_ANEW = {
    "浦": "うら",
    "ノ内": "うち",
    "之内": "うち",
    "戸内": "うち",
    "滝上": "うえ",
    "海": "うみ",
    "岡": "おか",
    "丘": "おか",
    "表": "おもて",
    "尾": "お",
    "於": "お",
    "面": "お",
}
LONG = re.compile("ou|oo|uu")
LONG_AS_WRITTEN = re.compile("ou|oo|uu|oh(?![aeiou])")
KIND = re.compile(r"[\s-]+(city|ward|town|village|prefecture)$")


@lru_cache(maxsize=PLACES)
def romaji(name: str, kana: str) -> str:
    """Return a place's name without “city” and the like: ("神戸市", "コウベシ") is "Kobe"."""
    kana = jaconv.kata2hira(kana)
    for end in ENDS.get(name[-1:], []):
        if kana.endswith(end) and len(kana) > len(end):
            return spelled(name, kana.removesuffix(end)).capitalize()
    return spelled(name, kana).capitalize()


def with_prefecture(name: str, kana: str, prefecture: str, prefecture_kana: str) -> str:
    """Return a municipality with its prefecture: "Kobe, Hyogo"; "" without a name."""
    place = romaji(name, kana)
    return f"{place}, {romaji(prefecture, prefecture_kana)}" if place else ""


def spelled(name: str, kana: str) -> str:
    """Return kana in Hepburn, in small letters; `name` tells where a part of it begins anew."""
    hiragana = jaconv.kata2hira(kana)
    for part, begins in BEGINS_ANEW.items():
        if part in name:
            hiragana = hiragana.replace(begins, f"|{begins}")
    latin = LONG.sub(_short, jaconv.kana2alphabet(hiragana))
    return latin.replace("cch", "tch").replace("|", "")


def compared(text: str) -> str:
    """Return a name as somebody may write it so that ways to write it are the same.

    "Kōbe", "koube", "Kobe City" and "KOBE" are all "kobe"; an m before b, m and p is an n.
    "" where it has no Latin letter.
    """
    letters = unicodedata.normalize("NFKD", KIND.sub("", text.casefold().strip()))
    latin = "".join(one for one in letters if one.isascii() and one.isalpha())
    return re.sub("m(?=[bmp])", "n", LONG_AS_WRITTEN.sub(_short, latin))


def _short(found: re.Match) -> str:
    return found[0][0]
