"""The call that brings facts in bulk: a file of any size, merged at once or by a worker."""

import time
from functools import partial

from django.conf import settings
from ninja import Router

from portal.exchange.api import rate
from portal.exchange.api.calls import A_FACT, A_PERSON
from portal.exchange.api.receiving import (
    BODY_REFUSALS,
    KEY_PARAMETER,
    answer,
    call_of,
    check_content,
    refusals,
    replayed,
    same_body,
)
from portal.exchange.api.uploads import UploadOut, told
from portal.exchange.models import KeyedCall, Upload
from portal.exchange.uploads import idempotency, merging, receive
from portal.exchange.uploads.body import body_of
from portal.exchange.wake import wake_worker

router = Router(tags=["facts"])

NDJSON = {"application/x-ndjson", "application/ndjson", "application/jsonl", "text/plain"}


@router.post(
    "/facts",
    response={200: UploadOut, 202: UploadOut},
    operation_id="post_facts",
    url_name="post_facts",
    summary="Send facts",
    openapi_extra={
        "parameters": [KEY_PARAMETER],
        "requestBody": {
            "required": False,
            "description": "One JSON object a line, UTF-8; packed with gzip if you like. "
            "None is a file without lines.",
            "content": {
                "application/x-ndjson": {
                    # So said, generated clients take a file or bytes.
                    "schema": {"type": "string", "format": "binary"},
                    "example": f"{A_PERSON}\n{A_FACT}\n",
                }
            },
        },
        "responses": {
            **BODY_REFUSALS,
            "422": {"description": "The Idempotency-Key was used for another call."},
        },
    },
)
def post_facts(request):
    """Takes lines of every kind that is agreed. Up to 1,000 lines are merged before the answer
    (200); of more, a worker merges them, and the answer (202) names in `Location` where to ask how
    far it is. Every order and every split of the lines ends the same; lines that can't be taken
    are set aside, and the others go in."""
    check_content(request, NDJSON)
    rate.require_room(request.auth.pk, now=time.time())
    call = call_of(request)
    if call and call.digest:
        same_body(request, call, at_most=settings.EXCHANGE_BODY_BYTES)
        return replayed(call) if call.status else said(call, call.upload)
    upload, lines = received(request, call, body_of(request, at_most=settings.EXCHANGE_BODY_BYTES))
    rate.sent(request.auth.pk, upload.size, now=time.time())
    if lines <= merging.SMALL:
        merging.merge(upload, patience=merging.PATIENCE)
    return said(call, upload)


def received(request, call: KeyedCall | None, content) -> tuple[Upload, int]:
    """Keep the body as an upload; return it with its lines. Frees the call's key if that fails."""
    try:
        with refusals():
            return receive.receive(
                content,
                connection=request.auth,
                came_by=request.signed_in_by.name,
                whole_list=request.auth.whole_list,
                still_here=partial(idempotency.hold_on, call),
                on_received=partial(idempotency.received, call),
            )
    except BaseException:
        idempotency.let_go(call)
        raise


def said(call: KeyedCall | None, upload: Upload):
    """Answer what came of an upload; where it still waits, wake a worker for it."""
    upload.refresh_from_db()
    if upload.state == Upload.State.WAITING:
        wake_worker(upload)
    content = told(upload)
    finished = upload.finished_at is not None
    headers = {} if finished else {"Location": content["address"], "Retry-After": "1"}
    return answer(call, 200 if finished else 202, content, **headers)
