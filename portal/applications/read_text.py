"""From the text that staff write, YAML or JSON, to a checked definition; or each mistake's line."""

import json
from collections.abc import Iterator
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import yaml
from django.utils.translation import gettext as _
from jsonschema import Draft202012Validator

from portal.applications.known import FACTS
from portal.readable import readable

# What only some types of questions have; elsewhere it would silently count for nothing.
ONLY_OF = {
    "choices": ("choice",),
    "stops": ("choice",),
    "longest": ("text", "kana"),
    "earliest": ("date",),
    "latest": ("date",),
    "least": ("money",),
    "most": ("money",),
    "fills": ("text", "kana", "date"),
}
# In which order an application goes through its states (states.CHANGES).
ORDER = {"received": 0, "under-review": 1, "with-others": 1, "granted": 2, "completed": 3}
SCHEMA = Path(__file__).with_name("procedure.schema.json")
LONGEST = 200_000  # characters
DEEPEST = 12  # levels


class Mistake(NamedTuple):
    line: int
    text: str


class Mistakes(ValueError):
    """The text is no procedure; `mistakes` say where and why, in the reader's language."""

    def __init__(self, mistakes: list[Mistake]):
        super().__init__("; ".join(f"{line}: {text}" for line, text in mistakes))
        self.mistakes = mistakes


def read_text(text: str) -> dict:
    """Return what the text says, checked; `definition_of` makes a Definition of it.

    Raises Mistakes.
    """
    if len(text) > LONGEST:
        raise Mistakes(
            [Mistake(1, _("The text is longer than %(most)s characters.") % {"most": LONGEST})]
        )
    node = _compose(text)
    lines: dict[tuple, int] = {}
    mistakes: list[Mistake] = []
    read = _plain(node, (), lines, mistakes)
    if not mistakes:
        mistakes += _against_the_schema(read, lines)
    if not mistakes:
        mistakes += _inconsistencies(read, lines)
    if mistakes:
        raise Mistakes(sorted(set(mistakes)))
    return read


def _compose(text: str) -> yaml.Node:
    try:
        # Composed only: no tag makes an object. Aliases could make much of little, and what is
        # nested deep takes minutes.
        depth = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            line = event.start_mark.line + 1
            if isinstance(event, yaml.AliasEvent):
                raise Mistakes([Mistake(line, _("Write this out: “*” is not understood here."))])
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:
                raise Mistakes([Mistake(line, _("This is nested too deep."))])
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise Mistakes([Mistake(line, _why(error.problem or ""))]) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise Mistakes([_unreadable(line)]) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise Mistakes([Mistake(1, _("This cannot be read as YAML."))]) from error
    if not isinstance(node, yaml.MappingNode):
        raise Mistakes([Mistake(1, _("Begin with the fields of a procedure: “key: …”."))])
    return node


def _why(problem: str) -> str:
    """Return in the reader's words what PyYAML says in its own."""
    if "mapping values are not allowed" in problem:
        return _(
            "There is a colon too many here, or none on the line above. Put a text with a colon "
            "between double quotes."
        )
    if "cannot start any token" in problem:
        return _("This character cannot begin a text. Indent with spaces, and use double quotes.")
    if problem.startswith("expected ',' or"):
        return _("A bracket is not closed, or a text with a comma lacks its double quotes.")
    if "could not find expected ':'" in problem:
        return _("A field’s name lacks its colon, here or on the line above.")
    if "unexpected end of stream" in problem:
        return _("A quotation mark is not closed.")
    if problem.startswith("expected <block end>"):
        return _("The indentation does not fit the lines above.")
    return _("This cannot be read as YAML: %(why)s.") % {"why": problem}


def _plain(node, path, lines, mistakes):
    """Return the node as plain data, noting the line of each part by its path."""
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, lines, mistakes)
    if isinstance(node, yaml.SequenceNode):
        return [
            _plain(part, (*path, place), lines, mistakes) for place, part in enumerate(node.value)
        ]
    if readable(node.value) != node.value:
        mistakes.append(_unreadable(node.start_mark.line + 1))
    return _scalar(node)


def _unreadable(line: int) -> Mistake:
    return Mistake(line, _("A character here cannot be read. Write the line anew."))


def _mapping(node, path, lines, mistakes):
    read = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            mistakes.append(Mistake(line, _("The name of a field must be a word.")))
        elif key.value in read:
            mistakes.append(
                Mistake(line, _("“%(name)s” stands here twice. Keep one.") % {"name": key.value})
            )
        else:
            if readable(key.value) != key.value:
                mistakes.append(_unreadable(line))
            read[key.value] = _plain(value, (*path, key.value), lines, mistakes)
            lines[(*path, key.value)] = line
    return read


def _scalar(node: yaml.ScalarNode):
    """Return a number or truth value where it is one; all else is text, dates and "yes" too."""
    kind = node.tag.rpartition(":")[2]
    if kind == "int":
        try:
            return int(node.value)
        except ValueError:
            return node.value
    if kind == "bool" and node.value.lower() in ("true", "false"):
        return node.value.lower() == "true"
    return node.value


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(SCHEMA.read_text()))


def _against_the_schema(read, lines) -> Iterator[Mistake]:
    for error in _validator().iter_errors(read):
        yield Mistake(_line(lines, error), _sentence(error))


def _line(lines, error) -> int:
    path = tuple(error.absolute_path)
    if error.validator == "additionalProperties" and (unknown := _unknown(error)):
        path = (*path, unknown[0])
    while path not in lines:
        path = path[:-1]
    return lines[path]


def _unknown(error) -> list[str]:
    return [name for name in error.instance if name not in error.schema.get("properties", {})]


def _sentence(error) -> str:
    where = ".".join(str(part) for part in error.absolute_path) or _("the procedure")
    match error.validator:
        case "required":
            missing = [name for name in error.validator_value if name not in error.instance]
            return _("%(where)s lacks “%(name)s”. Add it.") % {
                "where": where,
                "name": ", ".join(missing),
            }
        case "additionalProperties":
            return _("%(where)s has no field “%(name)s”. Correct its name, or take it out.") % {
                "where": where,
                "name": ", ".join(_unknown(error)),
            }
        case "enum":
            choices = ", ".join(map(str, error.validator_value))
            return _("%(where)s must be one of: %(choices)s.") % {
                "where": where,
                "choices": choices,
            }
        case "type":
            kinds = {
                "object": _("a group of fields"),
                "array": _("a list"),
                "string": _("text"),
                "integer": _("a whole number"),
                "boolean": _("true or false"),
            }
            return _("%(where)s must be %(kind)s.") % {
                "where": where,
                "kind": kinds[error.validator_value],
            }
        case "pattern":
            return _("%(where)s has the wrong form: “%(value)s”.") % {
                "where": where,
                "value": str(error.instance)[:40],
            }
        case "not" | "dependentRequired":
            return _("%(where)s has “days” and “after” together, or “on”, or neither.") % {
                "where": where
            }
        case _:
            return _("%(where)s is too long, too short, too large or too small.") % {"where": where}


def _inconsistencies(read, lines) -> Iterator[Mistake]:
    """Yield what a schema cannot say."""
    yield from _twice(read, "steps", lines)
    yield from _twice(read, "questions", lines)
    yield from _days(read, lines)
    states = [step["state"] for step in read["steps"]]
    for state in ("received", "under-review", "granted"):
        if state not in states:
            yield Mistake(
                lines[("steps",)],
                _("No step has the state “%(state)s”. Each procedure has one.") % {"state": state},
            )
    yield from _order(read["steps"], lines)
    earlier: dict[str, dict] = {}
    for place, question in enumerate(read["questions"]):
        at = ("questions", place)
        yield from _of_question(question, earlier, at, lines)
        earlier[question["key"]] = question


def _twice(read, group, lines) -> Iterator[Mistake]:
    seen = set()
    for place, part in enumerate(read[group]):
        if part["key"] in seen:
            yield Mistake(
                lines[(group, place, "key")],
                _("The key “%(key)s” is taken already. Choose another.") % {"key": part["key"]},
            )
        seen.add(part["key"])


def _order(steps, lines) -> Iterator[Mistake]:
    for place, (before, step) in enumerate(pairwise(steps), start=1):
        if ORDER[step["state"]] < ORDER[before["state"]]:
            yield Mistake(
                lines[("steps", place, "state")],
                _("“%(state)s” cannot come after “%(before)s”. Put this step further up.")
                % {"state": step["state"], "before": before["state"]},
            )


def _days(read, lines) -> Iterator[Mistake]:
    given = [(("deadline", "on"), read.get("deadline", {}).get("on"))]
    for place, question in enumerate(read["questions"]):
        for name in ("earliest", "latest"):
            given.append((("questions", place, name), question.get(name)))
    for path, day in given:
        if day and not day.startswith("today"):
            try:
                date.fromisoformat(day)
            except ValueError:
                yield Mistake(
                    lines[path], _("There is no day “%(day)s” in the calendar.") % {"day": day}
                )
    for place, step in enumerate(read["steps"]):
        least, most = step.get("usual_days", (0, 0))
        if least > most:
            yield Mistake(
                lines[("steps", place, "usual_days")],
                _("The smaller number of days comes first."),
            )


def _of_question(question, earlier, at, lines) -> Iterator[Mistake]:
    values = {choice["value"] for choice in question.get("choices", [])}
    if question["type"] == "choice" and not values:
        yield Mistake(
            lines[(*at, "type")], _("A question of the type “choice” needs “choices”. Add them.")
        )
    for name, types in ONLY_OF.items():
        if name in question and question["type"] not in types:
            yield Mistake(
                lines[(*at, name)],
                _("“%(name)s” is for questions of the type %(types)s. Take it out.")
                % {"name": name, "types": ", ".join(types)},
            )
    for least, most in (("least", "most"), ("earliest", "latest")):
        low, high = question.get(least), question.get(most)
        # Days are compared where both are fixed ones; such texts are in the order of the calendar.
        if low and high and not str(low).startswith("t") and low > high:
            yield Mistake(
                lines[(*at, most)],
                _("“%(most)s” lies below “%(least)s”. Change one of them.")
                % {"most": most, "least": least},
            )
    if values and values <= set(question.get("stops", {})):
        yield Mistake(
            lines[(*at, "stops")],
            _("Every answer ends the form here. Leave one with which it goes on."),
        )
    if len(values) < len(question.get("choices", [])):
        yield Mistake(lines[(*at, "choices")], _("Two choices have the same value."))
    for value in set(question.get("stops", {})) - values:
        yield Mistake(
            lines[(*at, "stops", value)],
            _("“%(value)s” is none of the choices of this question.") % {"value": value},
        )
    if question.get("fills") and question["fills"] not in FACTS:
        yield Mistake(
            lines[(*at, "fills")],
            _("No known fact is called “%(name)s”. There are: %(names)s.")
            % {"name": question["fills"], "names": ", ".join(FACTS)},
        )
    elif question["type"] == "date" and not question.get("fills", ".born").endswith(".born"):
        yield Mistake(
            lines[(*at, "fills")],
            _("“%(name)s” is no date. A date is filled by resident.born or about.born.")
            % {"name": question["fills"]},
        )
    for place, when in enumerate(question.get("when", [])):
        asked = earlier.get(when["question"])
        line = lines[(*at, "when", place)]
        if asked is None or asked["type"] != "choice":
            yield Mistake(
                line,
                _("“%(key)s” is no earlier question with choices.") % {"key": when["question"]},
            )
            continue
        if set(when["is_in"]) <= set(asked.get("stops", {})):
            yield Mistake(
                line,
                _("With these answers to “%(key)s” the form has ended, so this is never asked.")
                % {"key": when["question"]},
            )
        for value in when["is_in"]:
            if value not in {choice["value"] for choice in asked["choices"]}:
                yield Mistake(
                    line,
                    _("“%(value)s” is none of the choices of “%(key)s”.")
                    % {"value": value, "key": when["question"]},
                )
