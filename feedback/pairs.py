"""Each two letters that follow each other: by them texts are found, and likened to each other.

pg_trgm sees no Japanese in a database of the locale "C", and Japanese has no spaces to find words
by. Pairs need neither, and a GIN index of an array finds them.
"""

import unicodedata


def pairs(text: str) -> list[str]:
    """Return the pairs of letters in `text`, each once, in order; width and case make no matter.

    A text of one letter is its own pair.
    """
    words = unicodedata.normalize("NFKC", text).casefold().split()
    found = (word[at : at + 2] for word in words for at in range(max(len(word) - 1, 1)))
    return sorted(set(found))
