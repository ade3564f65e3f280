"""The OpenAPI document: what ninja writes of the calls, and what is the same for all of them."""

from portal.exchange.api import problems
from portal.exchange.connections.examples import api_address

ABOUT = (
    "Annai takes facts about residents from the systems that know them, and tells those systems "
    "what became of their things. Every error is a problem document (RFC 9457)."
)
# What every call behind the door can answer. The others are named by the calls themselves.
EVERYWHERE = {
    "401": "The key or token is missing, or not good.",
    "403": "The connection is switched off, or may not do that.",
    "429": "Too many requests.",
    "500": "The portal has failed.",
    "503": "The portal can’t answer at the moment.",
}
PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "Problem details, RFC 9457.",
    "required": ["type", "title", "status", "detail", "instance", "request_id"],
    "examples": [
        {
            "type": "https://annai.example.jp/api/problems/key-not-good/",
            "title": "The key or token is not good, or no longer",
            "status": 401,
            "detail": "A token lasts an hour: fetch a new one.",
            "instance": "/api/v1/facts",
            "request_id": "0f3c1c1e9f3a4b0c8f0e6a5d4c3b2a19",
        }
    ],
    "properties": {
        "type": {
            "type": "string",
            "format": "uri",
            "description": "Which kind of problem; a page that explains it.",
        },
        "title": {"type": "string", "description": "The same, in words, as Accept-Language says."},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "What is wrong with this request."},
        "instance": {"type": "string", "format": "uri-reference"},
        "request_id": {"type": "string", "description": "By which the portal’s logs know it."},
        "errors": {
            "type": "array",
            "description": "Each value that is missing or not valid.",
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
RETRY_AFTER = {
    "Retry-After": {
        "description": "Seconds to wait.",
        "schema": {"type": "integer", "minimum": 0},
    }
}


def complete(schema: dict) -> dict:
    """Return the document with its ways in and its problems, in place."""
    schema["info"]["description"] = ABOUT
    components = schema["components"]
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    components["securitySchemes"] = ways_in()
    for path, calls in schema["paths"].items():
        for call in calls.values():
            if call.get("security"):
                call["security"] = [{way: []} for way in components["securitySchemes"]]
            add_problems(call, names_something="{" in path)
    return schema


def ways_in() -> dict:
    return {
        "key": {
            "type": "http",
            "scheme": "bearer",
            "description": "A key of the connection, as the office made it.",
        },
        "client": {
            "type": "oauth2",
            "description": "A token, fetched with the id and secret of an OAuth client.",
            "flows": {
                "clientCredentials": {"tokenUrl": f"{api_address()}/oauth/token", "scopes": {}}
            },
        },
    }


def add_problems(call: dict, *, names_something: bool) -> None:
    """Say of each error of a call that it is a problem document."""
    responses = {str(status): response for status, response in call["responses"].items()}
    if call.get("security"):
        for status, description in EVERYWHERE.items():
            responses.setdefault(status, {"description": description})
    if names_something:
        responses.setdefault("404", {"description": "It does not exist, or is another’s."})
    if call.get("parameters") or call.get("requestBody"):
        responses.setdefault("422", {"description": "A value is missing or not valid."})
    for status, response in responses.items():
        if status >= "400":
            response["content"] = {
                problems.CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}
            }
        if status in ("429", "503"):
            response["headers"] = RETRY_AFTER
    call["responses"] = dict(sorted(responses.items()))
