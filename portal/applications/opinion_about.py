"""What an opinion on a page about a procedure is about (feedback.templatetags.opinions)."""

from collections.abc import Iterator

import msgspec

from portal.applications.called import in_language
from portal.applications.definition import Definition, Question, definition_of
from portal.applications.models import ProcedureVersion


def opinion_about(version: ProcedureVersion, question: Question | None = None) -> dict:
    """Return which version of which procedure and question is shown, and what they say."""
    definition = definition_of(version.definition)
    return {
        "procedure": version.procedure.key,
        "procedure_version": version.number,
        "question": question.key if question else "",
        "texts": list(words_in(msgspec.to_builtins(question or without_questions(definition)))),
    }


def without_questions(definition: Definition) -> Definition:
    return msgspec.structs.replace(definition, questions=[])


def words_in(value) -> Iterator[str]:
    """Return all that a part of a definition says in the reader's language, in its order."""
    if isinstance(value, dict):
        if "ja" in value:
            yield in_language(value)
        else:
            for part in value.values():
                yield from words_in(part)
    elif isinstance(value, list):
        for part in value:
            yield from words_in(part)
