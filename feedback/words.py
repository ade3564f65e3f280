"""The words of an opinion and its pairs of words: by them staff see what is rising.

They are shown to staff, so nothing that could tell of somebody is a word: no names, no places, no
numbers, no addresses, and nothing that stands in place of what was masked.
"""

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

from feedback.models import LONGEST_TEXT
from feedback.word_lists import stop_words, weak_words
from feedback.words_english import words_of as english
from feedback.words_japanese import words_of as japanese

MOST_TERMS = 200
LONGEST_WORD = 29  # characters; so a pair, with its space, has at most 59

# In square brackets stands what was masked (feedback.mask), in whichever language.
_LEFT_OUT = re.compile(r"\[[^\[\]\n]{1,20}\]|\b\w+://\S+|\bwww\.\S+|(?<!\S)\S+@\S+")
_TITLE = re.compile(r"\b(mrs?|ms|dr|prof)\.", re.IGNORECASE)  # no sentence ends there
_JAPANESE = re.compile("[\u3041-\u30ff\u3400-\u9fff\uf900-\ufaff々〆]")


def terms(text: str) -> list[str]:
    """Return the words in `text` and the pairs of them that follow each other ("窓口 予約").

    Each once, in order, at most MOST_TERMS. A pair is of one part of a sentence; stop words between
    the two are passed over, names and numbers are not. Each part is read as Japanese where it has a
    Japanese letter, whatever language the page was in: people write as they like on either.
    """
    found = []
    for part, begins in _parts(text):
        read = japanese(part) if _JAPANESE.search(part) else english(part, begins=begins)
        found += _terms_of([word for word in read if word not in stop_words()])
    return list(dict.fromkeys(found))[:MOST_TERMS]


def _terms_of(words: list[str | None]) -> Iterator[str]:
    """Yield words and pairs; at None something stood that is no word, and ends what is a pair."""
    words = [word if word and _is_word(word) else None for word in words]
    for before, word in pairwise([None, *words]):
        if word and word not in weak_words():
            yield word
        if word and before and word != before and not {word, before} <= weak_words():
            yield f"{before} {word}"


def _is_word(word: str) -> bool:
    """Tell whether it is written in letters alone, and is more than one of an alphabet's."""
    kinds = {unicodedata.category(letter)[0] for letter in word if letter not in "'-"}
    long_enough = len(word) > 1 or "\u3400" <= word <= "\u9fff"
    return "L" in kinds <= {"L", "M"} and long_enough and len(word) <= LONGEST_WORD


def _parts(text: str) -> Iterator[tuple[str, bool]]:
    """Yield what stands between marks of punctuation, and whether a sentence begins with it."""
    text = unicodedata.normalize("NFKC", text.encode(errors="ignore").decode())[:LONGEST_TEXT]
    part, begins = "", True
    for letter in _TITLE.sub(r"\1 ", _LEFT_OUT.sub("|", text)):
        if _is_in_a_part(letter):
            part += letter
            continue
        if part.strip():
            yield part, begins
            begins = False
        part, begins = "", begins or letter in ".!?。\n"
    if part.strip():
        yield part, begins


def _is_in_a_part(letter: str) -> bool:
    return letter in " '’-" or unicodedata.category(letter)[0] in "LMN"
