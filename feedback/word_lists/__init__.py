"""Short lists of words, as data beside the code that reads them."""

from functools import cache
from pathlib import Path

HERE = Path(__file__).parent


@cache
def stop_words() -> frozenset[str]:
    """Return what is no word, of both languages."""
    return frozenset(word for word in _listed("stop_ja", "stop_en") if not word.endswith("~"))


@cache
def weak_words() -> frozenset[str]:
    """Return what counts only beside another word."""
    return frozenset(word[:-1] for word in _listed("stop_ja", "stop_en") if word.endswith("~"))


@cache
def names() -> frozenset[str]:
    """Return frequent names in Latin letters."""
    return frozenset(_listed("names"))


@cache
def no_names() -> frozenset[str]:
    """Return what has a capital letter and is nobody's name."""
    return frozenset(_listed("no_names"))


def _listed(*lists: str) -> list[str]:
    lines = [
        line for name in lists for line in (HERE / f"{name}.txt").read_text("utf-8").split("\n")
    ]
    return [word for line in lines if not line.startswith("#") for word in line.split()]
