"""The OpenAPI document as rows for a page, which so needs no scripts."""

from typing import NamedTuple

PREFIX = "#/components/schemas/"


class Field(NamedTuple):
    name: str
    type: "Type"
    required: bool
    description: str = ""
    place: str = ""


class Type(NamedTuple):
    """What a value is: words, and the name of the schema that says more, if one does."""

    words: str
    schema: str = ""


class Answer(NamedTuple):
    status: str
    description: str
    media: str
    type: Type


class Call(NamedTuple):
    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: list[Field]
    bodies: list[tuple[str, Type]]
    answers: list[Answer]


class Shape(NamedTuple):
    name: str
    description: str
    fields: list[Field]


def calls(document: dict) -> list[Call]:
    return [
        Call(
            id=call["operationId"],
            method=method.upper(),
            path=path,
            summary=call.get("summary", ""),
            description=call.get("description", ""),
            parameters=[parameter(one) for one in call.get("parameters", [])],
            bodies=[
                (media, type_of(content.get("schema", {})))
                for media, content in call.get("requestBody", {}).get("content", {}).items()
            ],
            answers=[
                one
                for status, response in call["responses"].items()
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
        one.get("description", ""),
        one["in"],
    )


def answers(status: str, response: dict) -> list[Answer]:
    content = response.get("content") or {"": {}}
    return [
        Answer(status, response.get("description", ""), media, type_of(one.get("schema", {})))
        for media, one in content.items()
    ]


def shapes(document: dict) -> list[Shape]:
    return [
        Shape(
            name,
            schema.get("description", ""),
            [
                Field(
                    field,
                    type_of(what),
                    field in schema.get("required", []),
                    what.get("description", ""),
                )
                for field, what in schema.get("properties", {}).items()
            ],
        )
        for name, schema in sorted(document["components"]["schemas"].items())
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
