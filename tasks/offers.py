"""On which page of this portal a procedure can be applied for, if its municipality offers it here.

The room with the catalogue answers, and rooms beside it ask, each without importing the other: a
rule names the procedure by its key.
"""

from collections.abc import Callable

# Each is called with a municipality's code and a procedure's key; returns an address or "".
catalogues: list[Callable[[str, str], str]] = []


def page_of_procedure(municipality: str, key: str) -> str:
    """Return the address of the procedure's page, or "" where nobody is offered it there."""
    return next(filter(None, (page(municipality, key) for page in catalogues)), "")
