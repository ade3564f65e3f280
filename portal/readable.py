"""What people type, without the characters that nobody sees and that make a text read otherwise."""

import re

# Controls but tab and line ends (no database keeps a NUL), halves of characters, and the marks that
# turn the direction in which the rest is read: with one of them "exe.fdp" is shown for "pdf.exe".
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def readable(text: str) -> str:
    """Return the text without such characters; joiners within emoji and scripts stay."""
    return _UNSEEN.sub("", text)
