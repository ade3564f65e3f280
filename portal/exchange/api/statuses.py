"""The call that brings one state of one application: a file of one line, answered at once."""

import json
from datetime import datetime
from functools import partial
from hashlib import sha256
from http import HTTPStatus
from typing import Annotated

import msgspec
from django.utils.translation import gettext_lazy as _
from ninja import Path, Router, Schema
from pydantic import Field

from portal import clock
from portal.applications.models import Application, ApplicationRef
from portal.exchange.api import problems
from portal.exchange.api.calls import A_STATUS
from portal.exchange.api.problems import Problem
from portal.exchange.api.receiving import (
    BODY_REFUSALS,
    KEY_PARAMETER,
    OTHER_BODY,
    answer,
    call_of,
    check_content,
    refusals,
    replayed,
)
from portal.exchange.api.uploads import address_of
from portal.exchange.lines import reasons
from portal.exchange.lines.formats import (
    LONGEST_LINE,
    Line,
    Reader,
    Refused,
    Status,
    decode,
    refuse_a_repeated_key,
)
from portal.exchange.loading.load import sender_of
from portal.exchange.models import KeyedCall, Upload
from portal.exchange.uploads import idempotency, merging, receive
from portal.exchange.uploads.body import body_of
from portal.exchange.wake import wake_worker
from portal.residents.models import Municipality

router = Router(tags=["facts"])

KIND = "application-status"
JSON = {"application/json", "text/plain"}
MAY_NOT = {reasons.ANOTHER_SOURCE, reasons.KIND_NOT_AGREED, reasons.ANOTHER_MUNICIPALITY}

NOT_TAKEN = problems.kind(
    "line-not-taken",
    422,
    _("The status could not be taken"),
    _("The member “reason” says why, “detail” in words. Nobody’s page was changed."),
)
OTHER_REF = problems.kind(
    "ref-differs",
    422,
    _("The address and the body name two applications"),
    _("Send the same number in both, or leave “ref” out of the body. Nothing was changed."),
)


ShortText = Annotated[str, Field(min_length=1, max_length=64)]


class StatusIn(Schema):
    """A state of an application. `source` and `ref` may be left out: they are the connection's
    and the address's. Further fields are neither used nor stored."""

    resident: Annotated[ShortText, Field(description="Who applied: the register’s id.")]
    procedure: Annotated[ShortText, Field(description="The portal’s key of it, or your name.")]
    status: Status
    seq: Annotated[
        int, Field(ge=0, le=2**63 - 1, description="Higher with each report; the highest stands.")
    ]
    at: Annotated[datetime, Field(description="Since when, with its offset from UTC.")]
    ref: Annotated[str, Field(max_length=64, pattern=r"^\S+$")] | None = Field(
        None, description="As in the address."
    )
    source: ShortText | None = Field(None, description="The connection’s.")


class StandsOut(Schema):
    """What stands now of the application: the report with the highest `seq`."""

    status: str
    seq: int


class StatusOut(Schema):
    """What came of a status. `changed`: it stands now. Else something newer did already, or the
    same (`stands`); or it waits (202) with a `reason`, or for other uploads."""

    upload: str
    address: str
    taken: bool
    changed: bool
    stands: StandsOut | None
    reason: str | None
    sentence: str | None


@router.post(
    "/applications/{path:ref}/status",
    response={200: StatusOut, 202: StatusOut},
    operation_id="post_status",
    url_name="post_status",
    summary="Report how an application stands",
    openapi_extra={
        "parameters": [KEY_PARAMETER],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": StatusIn.json_schema(),
                    "example": json.loads(A_STATUS),
                }
            },
        },
        "responses": {
            **BODY_REFUSALS,
            "422": {"description": "The status can’t be taken; `reason` says why."},
        },
    },
)
def post_status(request, ref: Annotated[str, Path(description="Your number of the application.")]):
    """Takes one state of one application, as a line of the kind `application-status`. One that is
    older than what stands, or the same, is no error: the answer is 200 with `changed` false and
    with what stands, so calls may arrive in any order and be repeated. Of a person whom the
    register has not reported yet, the status waits (202) and is taken by itself."""
    check_content(request, JSON)
    with refusals():
        content = b"".join(body_of(request, at_most=LONGEST_LINE))
    call = call_of(request)
    if call and call.digest:
        if call.digest != sha256(content).hexdigest():
            raise Problem(OTHER_BODY)
        return replayed(call) if call.status else said(call, call.upload, ref)
    try:
        upload = received(request, call, content, ref)
        merging.merge(upload, patience=merging.PATIENCE)
        return said(call, upload, ref)
    except Problem:
        idempotency.let_go(call)
        raise


def received(request, call: KeyedCall | None, content: bytes, ref: str) -> Upload:
    """Keep the status as an upload of one line; raise Problem where it can't be taken."""
    line = line_of(content, request.auth, ref)
    check_line(request.auth, line, ref)
    digest = sha256(content).hexdigest()
    with refusals():
        upload, _lines = receive.receive(
            [line, b"\n"],
            connection=request.auth,
            came_by=request.signed_in_by.name,
            on_received=partial(idempotency.received, call, digest=digest),
        )
    return upload


def line_of(content: bytes, connection, ref: str) -> bytes:
    """Return the body as a line of NDJSON, with what the call itself says added to it."""
    content = content.strip()
    try:
        given = decode(content)
        if not isinstance(given, dict):
            return content
        refuse_a_repeated_key(content.decode())
    except RecursionError:
        return content
    except Refused as refused:
        if refused.reason == reasons.DUPLICATE_KEY:
            raise not_taken(refused.reason, refused.detail) from refused
        return content
    said = {"kind": KIND, "source": connection.source.key, "ref": ref}
    missing = {name: value for name, value in said.items() if given.get(name) is None}
    return msgspec.json.encode({**given, **missing})


def check_line(connection, text: bytes, ref: str) -> Line:
    """Raise Problem where the line alone says that it can't be taken; nothing is kept then."""
    codes = set(Municipality.objects.values_list("code", flat=True))
    reader = Reader(today=clock.today(), municipalities=codes)
    line = reader.read(text, sender_of(connection))
    if len(text) > LONGEST_LINE:
        raise Problem(problems.TOO_LARGE)
    if line.reason:
        raise not_taken(line.reason, line.detail)
    if line.kind != KIND:
        raise not_taken(reasons.NOT_A_CHOICE, "kind")
    if json.loads(line.value)["ref"] != ref:
        raise Problem(OTHER_REF)
    return line


def not_taken(reason: str, detail: str, **more) -> Problem:
    kind = problems.MAY_NOT if reason in MAY_NOT else NOT_TAKEN
    return Problem(kind, reasons.sentence(reason, detail), reason=reason, **more)


def said(call: KeyedCall | None, upload: Upload, ref: str):
    """Answer what came of it."""
    upload.refresh_from_db()
    if upload.finished_at is None:
        wake_worker(upload)
    bad = upload.lines.select_related("line").first()
    reason, detail = (bad.line.reason, bad.line.detail) if bad else (None, "")
    address = address_of("get_upload", upload)
    if reason and reason != reasons.UNKNOWN_PERSON:
        raise not_taken(reason, detail, upload=str(upload.uuid))
    content = {
        "upload": str(upload.uuid),
        "address": address,
        "taken": upload.finished_at is not None and not bad,
        "changed": upload.changed > 0,
        "stands": stands(upload.connection, ref),
        "reason": reason,
        "sentence": reasons.sentence(reason, detail) if reason else None,
    }
    if content["taken"]:
        return answer(call, HTTPStatus.OK, content)
    return answer(call, HTTPStatus.ACCEPTED, content, Location=address)


def stands(connection, ref: str) -> dict | None:
    whose = ApplicationRef.objects.filter(source=connection.source, ref=ref)
    found = Application.objects.filter(
        resident__in=whose.values("resident"), source=connection.source, ref=ref
    )
    row = found.values("state", "seq").first()
    return row and {"status": row["state"], "seq": row["seq"]}
