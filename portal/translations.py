"""Message catalogues without GNU gettext: Babel reads the sources, templates included.

`make messages` adds the sources' strings to locale/*/LC_MESSAGES/django.po; `make setup` compiles
the catalogues. English has none: its texts are the message ids, and Django never falls back from
English to the default language.
"""

import io
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir, extract_python
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import TRANSLATOR_COMMENT_MARK, templatize

CHECKOUT = Path(__file__).resolve().parent.parent
KEYWORDS = DEFAULT_KEYWORDS | {
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}


def extract_template(template, keywords, comment_tags, options):
    """Find the messages of a Django template; a Babel extraction method.

    Django turns the template into something like Python, in which only the indentation is wrong.
    """
    calls = templatize(template.read().decode())
    flat = "\n".join(line.lstrip() for line in calls.split("\n"))
    yield from extract_python(io.BytesIO(flat.encode()), keywords, comment_tags, options)


METHODS = [
    ("bench/**", "ignore"),
    ("tests/**", "ignore"),
    ("**.py", "python"),
    ("**/templates/**.html", extract_template),
    ("**/templates/**.txt", extract_template),
]


def extracted():
    """Return a catalogue without translations of every message in the sources."""
    catalogue = Catalog()
    found = extract_from_dir(
        CHECKOUT,
        method_map=METHODS,
        options_map={"**": {"encoding": "utf-8"}},
        keywords=KEYWORDS,
        comment_tags=[TRANSLATOR_COMMENT_MARK],
    )
    for path, line, message, comments, context in found:
        catalogue.add(message, locations=[(path, line)], auto_comments=comments, context=context)
    return catalogue


def read(path):
    """Return the catalogue in the .po file at `path`."""
    with path.open("rb") as file:
        return read_po(file, abort_invalid=True)


def update():
    """Bring every catalogue to the strings of the sources; return {path: how many lack words}.

    A message that has gone is dropped. A new one is left empty, never guessed from a similar one.
    """
    lacking = {}
    for path in sorted(CHECKOUT.glob("locale/*/LC_MESSAGES/django.po")):
        catalogue = read(path)
        catalogue.update(extracted(), no_fuzzy_matching=True, update_creation_date=False)
        with path.open("wb") as file:
            write_po(file, catalogue, width=100, include_lineno=False, ignore_obsolete=True)
        lacking[path] = sum(1 for message in catalogue if message.id and not all(words(message)))
    return lacking


def words(message):
    """Return the translations of a message: one, or one for each plural form."""
    return message.string if isinstance(message.string, tuple) else (message.string,)


if __name__ == "__main__":
    for path, count in update().items():
        print(f"{path.relative_to(CHECKOUT)}: {count} to translate")  # noqa: T201
