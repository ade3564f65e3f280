"""The OpenAPI document: what ninja writes of the calls, with the problems that each can answer."""

from portal.exchange.api import problems

# What every call behind the door can answer. The others are named by the calls themselves.
EVERYWHERE = {
    "401": "The key or token is missing, or not good.",
    "403": "The connection is switched off, or may not do that.",
    "429": "Too many requests.",
}
PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "Problem details, RFC 9457.",
    "required": ["type", "title", "status", "detail", "instance", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "instance": {"type": "string", "format": "uri-reference"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "Where in the body: RFC 6901."},
                    "in": {"enum": ["path", "query", "header"]},
                    "name": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


def complete(schema: dict) -> dict:
    """Return the document with its problems, in place."""
    schema["components"].setdefault("schemas", {})["Problem"] = PROBLEM
    for calls in schema["paths"].values():
        for call in calls.values():
            add_problems(call)
    return schema


def add_problems(call: dict) -> None:
    """Say of each error of a call that it is a problem document."""
    responses = {str(status): response for status, response in call["responses"].items()}
    if call.get("security"):
        for status, description in EVERYWHERE.items():
            responses.setdefault(status, {"description": description})
    if call.get("parameters") or call.get("requestBody"):
        responses.setdefault("422", {"description": "A value is missing or not valid."})
    for status, response in responses.items():
        if status >= "400":
            response["content"] = {
                problems.CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}
            }
    call["responses"] = dict(sorted(responses.items()))
