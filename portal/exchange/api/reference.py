"""The OpenAPI document as rows for a page, which so needs no scripts."""

import json
import re
from typing import NamedTuple

from portal.exchange.api.document import EVERYWHERE

PREFIX = "#/components/schemas/"


class Piece(NamedTuple):
    """Some words of a text, or a word of a program in it."""

    text: str
    is_code: bool


Prose = list[list[Piece]]  # paragraphs


class Field(NamedTuple):
    name: str
    type: "Type"
    required: bool
    description: Prose
    place: str = ""


class Type(NamedTuple):
    """What a value is: words, and the name of the schema that says more, if one does."""

    words: str
    schema: str = ""


class Answer(NamedTuple):
    status: str
    description: Prose
    media: str
    type: Type


class Body(NamedTuple):
    media: str
    type: Type
    fields: list[Field]
    example: str


class Call(NamedTuple):
    id: str
    method: str
    path: str
    summary: str
    description: Prose
    parameters: list[Field]
    bodies: list[Body]
    answers: list[Answer]


class Shape(NamedTuple):
    name: str
    description: Prose
    fields: list[Field]
    example: str


def calls(document: dict) -> list[Call]:
    """Return the calls, of their answers those that not all of them have."""
    return [
        Call(
            id=call["operationId"],
            method=method.upper(),
            path=path,
            summary=call.get("summary", ""),
            description=said(call),
            parameters=[parameter(one) for one in call.get("parameters", [])],
            bodies=[
                body(media, content)
                for media, content in call.get("requestBody", {}).get("content", {}).items()
            ],
            answers=[
                one
                for status, response in call["responses"].items()
                if response.get("description") != EVERYWHERE.get(status)
                for one in answers(status, response)
            ],
        )
        for path, methods in document["paths"].items()
        for method, call in methods.items()
    ]


def parameter(one: dict) -> Field:
    return Field(
        one["name"],
        type_of(one.get("schema", {})),
        one.get("required", False),
        said(one),
        one["in"],
    )


def answers(status: str, response: dict) -> list[Answer]:
    content = response.get("content") or {"": {}}
    return [
        Answer(status, said(response), media, type_of(one.get("schema", {})))
        for media, one in content.items()
    ]


def everywhere() -> list[tuple[str, str]]:
    """Return status and description of what every call can answer."""
    return list(EVERYWHERE.items())


def shapes(document: dict) -> list[Shape]:
    return [
        Shape(
            name,
            said(schema),
            fields(schema),
            shown(next(iter(schema.get("examples", [])), "")),
        )
        for name, schema in sorted(document["components"]["schemas"].items())
    ]


def said(described: dict) -> Prose:
    """Return a description as paragraphs, whose line ends mean nothing."""
    text = described.get("description", "")
    return [pieces(" ".join(one.split())) for one in re.split(r"\n\s*\n", text) if one.strip()]


def pieces(text: str) -> list[Piece]:
    """Return a paragraph with `such words` as code."""
    found = enumerate(re.split(r"`([^`]+)`", text))
    return [Piece(piece, is_code=number % 2 == 1) for number, piece in found if piece]


def shown(example) -> str:
    """Return an example as it is sent or answered."""
    if isinstance(example, str):
        return example.strip()
    return json.dumps(example, ensure_ascii=False, indent=2)


def body(media: str, content: dict) -> Body:
    schema = content.get("schema", {})
    return Body(media, type_of(schema), fields(schema), shown(content.get("example", "")))


def fields(schema: dict) -> list[Field]:
    return [
        Field(name, type_of(what), name in schema.get("required", []), said(what))
        for name, what in schema.get("properties", {}).items()
    ]


def type_of(schema: dict) -> Type:
    """Return a schema in words: "string (date-time)", "list of Line", "one of: ja, en"."""
    if reference := schema.get("$ref"):
        name = reference.removeprefix(PREFIX)
        return Type(name, name)
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            kinds = [type_of(one) for one in schema[several]]
            named = next((kind.schema for kind in kinds if kind.schema), "")
            return Type(" or ".join(kind.words for kind in kinds), named)
    if "enum" in schema:
        return Type("one of: " + ", ".join(map(str, schema["enum"])))
    if "const" in schema:
        return Type(str(schema["const"]))
    if schema.get("type") == "array":
        inner = type_of(schema.get("items", {}))
        return Type(f"list of {inner.words}", inner.schema)
    words = schema.get("type", "anything")
    return Type(f"{words} ({schema['format']})" if "format" in schema else str(words))
