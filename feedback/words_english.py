"""The words of a text that has spaces between them, English above all."""

import re

from feedback.word_lists import names, no_names

# Said before a name, and after one.
TITLES = {"mr", "mrs", "ms", "miss", "mx", "dr", "prof"}
_SAID_AFTER = re.compile(r".*-(?:san|sama|sensei|kun|chan)")


def words_of(part: str, *, begins: bool) -> list[str | None]:
    """Return the words in lower case; None stands where a name or a number stood.

    What has a capital letter is taken for a name: but for what the list `no_names` has, and for
    the first word of a sentence (`begins`), unless another name follows it.
    """
    written = part.replace("’", "'").split()
    words = []
    for at, word in enumerate(written):
        before = written[at - 1] if at else ""
        after = written[at + 1] if at + 1 < len(written) else ""
        first = begins and at == 0 and not _looks_like_a_name(after)
        words.append(None if _is_name(word, before, after, first=first) else plain(word))
    return words


def plain(word: str) -> str:
    """Return a word in lower case, without its genitive; "can't" and the like are "not"."""
    word = word.lower().strip("'-")
    if word.endswith("n't") or word == "cannot":
        return "not"
    return word.removesuffix("'s").split("'")[0] if "'" in word else word


def is_known_name(word: str) -> bool:
    return plain(word) in names()


def _looks_like_a_name(word: str) -> bool:
    return word[:1].isupper() and word[:2] not in ("I", "I'") and plain(word) not in no_names()


def _is_name(word: str, before: str, after: str, *, first: bool) -> bool:
    said = plain(word)
    addressed = plain(before) in TITLES or said in TITLES
    honoured = _SAID_AFTER.fullmatch(said) or _SAID_AFTER.fullmatch(f"-{plain(after)}")
    return bool(
        is_known_name(word) or addressed or honoured or (not first and _looks_like_a_name(word))
    )
