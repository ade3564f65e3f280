"""The public pages of the API, in both languages, and the document they are made from."""

import json
import re
from html import unescape

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation
from openapi_spec_validator import validate

from portal.exchange.api import api, reference
from portal.exchange.api.calls import CALLS
from portal.exchange.api.document import EVERYWHERE
from portal.exchange.api.problems import KINDS
from portal.exchange.api.statuses import StatusIn
from portal.exchange.lines.formats import KINDS as KINDS_OF_LINES
from portal.exchange.lines.formats import Reader, fields_of
from portal.exchange.lines.meanings import described
from portal.insights.models.use import Measure
from tests.exchange.facts import TODAY
from tests.factories import CHIYODA

PAGES = {
    "/api/": ("事実を送るシステムの方へ", "For systems that send facts"),
    "/api/reference/": ("すべてのパラメーターと応答", "All parameters and answers"),
    "/api/problems/not-found/": (
        "このアドレスには何もありません",
        "There is nothing at this address",
    ),
}


def read(address, language="ja"):
    client = Client()
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    return client.get(address)


@pytest.fixture
def document(db):
    return json.loads(Client().get("/api/v1/openapi.json").content)


@pytest.mark.parametrize("address", PAGES)
def test_the_pages_are_for_everyone_in_both_languages(db, address):
    for language, heading in zip(("ja", "en"), PAGES[address], strict=True):
        answer = read(address, language)

        assert answer.status_code == 200
        assert answer.headers["Content-Language"] == language
        assert f"<h1>{heading}</h1>" in unescape(answer.text)


@pytest.mark.parametrize("address", PAGES)
def test_the_pages_need_no_inline_scripts_or_styles(db, address):
    answer = read(address)

    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", answer.text)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_each_kind_of_problem_has_a_page_at_its_address(db, kind):
    address = kind.address.removeprefix(settings.PORTAL_URL)

    answer = read(address, "en")

    assert answer.status_code == 200
    assert str(kind.status) in answer.text
    assert f'href="{address}"' in read("/api/", "en").text


def test_an_unknown_kind_of_problem_is_a_page_not_found(db):
    answer = read("/api/problems/no-such-kind/")

    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")


def test_the_document_is_one_of_openapi(document):
    validate(document)
    assert document["openapi"].startswith("3.1")


def test_the_document_is_for_everyone_and_sets_no_cookie(db):
    answer = Client().get("/api/v1/openapi.json")

    assert answer.headers["Content-Type"].startswith("application/json")
    assert not answer.cookies


def test_every_call_is_described_in_the_document_and_in_plain_words(document):
    operations = {
        call["operationId"]: call
        for methods in document["paths"].values()
        for call in methods.values()
    }
    assert set(operations) == {call.operation_id for call in CALLS}
    for name, call in operations.items():
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", name)
        assert call["summary"], name
        assert call["description"], name


def test_every_error_in_the_document_is_a_problem(document):
    for methods in document["paths"].values():
        for call in methods.values():
            assert {"401", "403", "429"} <= set(call["responses"])
            for status, response in call["responses"].items():
                if status >= "400":
                    assert set(response["content"]) == {"application/problem+json"}


def test_both_ways_in_are_in_the_document(document):
    ways = document["components"]["securitySchemes"]
    assert ways["key"]["scheme"] == "bearer"
    flow = ways["client"]["flows"]["clientCredentials"]
    assert flow == {"tokenUrl": f"{settings.PORTAL_URL}/api/v1/oauth/token", "scopes": {}}


def test_the_reference_names_every_call_and_every_document(document):
    page = unescape(read("/api/reference/").text)

    for call in reference.calls(document):
        assert f"{call.method} {call.path}" in page
    for name in document["components"]["schemas"]:
        assert f'id="shape-{name}"' in page


def example_of(document, path):
    [(_media, content)] = document["paths"][path]["post"]["requestBody"]["content"].items()
    return content["example"]


def test_the_examples_of_bodies_are_taken_as_they_stand(document):
    reader = Reader(today=TODAY, municipalities={CHIYODA})
    status = example_of(document, "/api/v1/applications/{ref}/status")
    given = {"kind": "application-status", "source": "sandbox", "ref": "S-17"}
    lines = [*example_of(document, "/api/v1/facts").splitlines(), json.dumps(status | given)]

    read = [reader.read(line.encode()) for line in lines]

    assert [line.kind for line in read] == ["resident", "insurance", "application-status"]
    assert [line.reason for line in read] == [""] * 3
    assert set(status) == set(StatusIn.json_schema()["required"])


def test_the_reference_shows_examples_and_what_all_calls_answer_once(document):
    page = unescape(read("/api/reference/").text)

    assert example_of(document, "/api/v1/facts").strip() in page
    assert '"status": "under-review"' in page
    for field in StatusIn.model_fields:
        assert f"<code>{field}</code></th>" in page
    for description in EVERYWHERE.values():
        assert page.count(f"<td>{description}</td>") == 1


def test_descriptions_are_read_as_prose():
    text = "One `word`\nof code.\n\nAnother <b>."

    assert reference.said({"description": text}) == [
        [("One ", False), ("word", True), (" of code.", False)],
        [("Another <b>.", False)],
    ]


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "string"}, "string"),
        ({"type": "string", "format": "date-time"}, "string (date-time)"),
        ({"type": "array", "items": {"type": "integer"}}, "list of integer"),
        ({"enum": ["ja", "en"]}, "one of: ja, en"),
        ({"anyOf": [{"$ref": "#/components/schemas/A"}, {"type": "null"}]}, "A or null"),
        ({"const": "x"}, "x"),
        ({}, "anything"),
    ],
)
def test_types_are_told_in_words(schema, words):
    assert reference.type_of(schema).words == words


@pytest.mark.parametrize("kind", KINDS_OF_LINES)
def test_the_fields_of_each_kind_are_described_by_the_docs_in_the_same_words(kind):
    text = (settings.BASE_DIR / "docs/facts.md").read_text()
    table = text.split(f"\n### `{kind}`: ")[1].split("\n###")[0].split("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (required )?\| (.*) \|$", table, re.M)

    with translation.override("en"):
        shown = [(name, required, str(meaning)) for name, required, meaning in described(kind)]

    assert shown[2:] == [(name, bool(required), meaning) for name, required, meaning in rows]
    assert [name for name, *_more in shown[:2]] == ["kind", "source"]


@pytest.mark.parametrize("kind", KINDS_OF_LINES)
def test_each_field_of_a_line_is_described_once(kind):
    names = [name for name, *_more in described(kind)]

    assert sorted(names) == sorted(fields_of(kind))


@pytest.mark.parametrize(
    ("language", "heading", "required", "optional"),
    [
        ("ja", "1行に書くこと", "必須: 有効な最後の日", "亡くなった日"),
        ("en", "What stands in a line", "Required: last day on which it is valid", "day of death"),
    ],
)
def test_a_newcomer_reads_what_stands_in_a_line(db, language, heading, required, optional):
    shown = read("/api/", language).content.decode()

    assert heading in shown
    for kind in KINDS_OF_LINES:
        assert f'<h3 id="line-{kind}"><code>{kind}</code></h3>' in shown
    for name, meaning in {"expires_on": required, "died_on": optional}.items():
        assert f'<th scope="row"><code>{name}</code></th><td>{meaning}</td>' in shown


def test_the_pages_are_counted_as_pages_and_calls_are_not(db, monkeypatch):
    counted = []
    monkeypatch.setattr(
        "portal.insights.counter.Counter.count", lambda self, fields, *, now: counted.extend(fields)
    )
    read("/api/")
    Client().get("/api/v1/openapi.json")

    assert counted == [f"{Measure.PAGE}|api-pages:catalogue|ja"]


def test_the_document_is_made_with_what_it_is_asked_for_alone(document):
    assert api.get_openapi_schema() == document
