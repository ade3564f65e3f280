"""The one form in which the catalogue compares words: of a definition, and of what is searched."""

import unicodedata

from portal.applications.definition import Definition

HIRAGANA = {katakana: katakana - 0x60 for katakana in range(ord("ァ"), ord("ヶ") + 1)}


def one_form(text: str) -> str:
    """Return the text with widths made one, katakana as hiragana, small letters, single spaces."""
    folded = unicodedata.normalize("NFKC", text).casefold().translate(HIRAGANA)
    return " ".join(folded.split())


def searched_form(definition: Definition) -> str:
    """Return all that a procedure is found by."""
    words = [
        *definition.name.values(),
        definition.reading,
        *definition.keywords,
        *definition.summary.values(),
    ]
    return one_form(" ".join(words))
