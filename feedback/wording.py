"""Which words stood on a page: a version of them, the same for everyone who was shown that page.

Made of the messages in the page's templates, as they are in its language, and of what its rule or
question says. So a corrected translation is a new version, and a person's name or date never is.
The frame around all pages (base.html) is left out: else a word there would make all pages new.
"""

import hashlib
import io
import json
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache

from django.template import Template
from django.template.loader import get_template
from django.template.loader_tags import ExtendsNode, IncludeNode
from django.utils import translation

from portal.translations import KEYWORDS, extract_template

FRAME = "base.html"


def wording_version(template: str, texts: Iterable[str] = ()) -> str:
    """Return the version, 16 hexadecimal digits, in the language that is active."""
    return _version(template, translation.get_language(), tuple(map(str, texts)))


@lru_cache(maxsize=10_000)
def _version(template: str, language: str, texts: tuple[str, ...]) -> str:
    said = json.dumps([messages(template, language), texts], ensure_ascii=False)
    return hashlib.blake2s(said.encode(), digest_size=8).hexdigest()


def messages(template: str, language: str) -> list[str]:
    """Return what the templates of a page say in a language, in the order of their sources."""
    with translation.override(language):
        return [word for message in _messages(template) for word in _words(*message)]


@cache
def _messages(template: str) -> list[tuple]:
    """Return (function, arguments) of each message in a template and in all that it takes in."""
    found = {}
    for one in _with_parts(get_template(template).template, seen=set()):
        source = io.BytesIO(one.source.encode())
        for _line, function, arguments, _comments in extract_template(source, KEYWORDS, [], {}):
            found[function, arguments if isinstance(arguments, tuple) else (arguments,)] = None
    return list(found)


def _with_parts(template: Template, *, seen: set[str]) -> Iterator[Template]:
    seen.add(template.name)
    yield template
    for node in template.nodelist.get_nodes_by_type((ExtendsNode, IncludeNode)):
        name = node.parent_name if isinstance(node, ExtendsNode) else node.template
        name = name.var  # text; something else where a variable names the template
        if isinstance(name, str) and name != FRAME and name not in seen:
            yield from _with_parts(get_template(name).template, seen=seen)


def _words(function: str, arguments: tuple) -> Iterator[str]:
    context, *forms = arguments if "pgettext" in function else (None, *arguments)
    forms = [form for form in forms if isinstance(form, str)]
    if len(forms) == 1:
        yield translation.pgettext(context, forms[0]) if context else translation.gettext(forms[0])
        return
    for count in (1, 2):
        if context:
            yield translation.npgettext(context, *forms, count)
        else:
            yield translation.ngettext(*forms, count)
