"""What has been sent, how far it is, and which of its lines were set aside."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.db.models import Q
from django.http import Http404
from django.urls import reverse
from ninja import Query, Router, Schema

from portal.exchange.lines import reasons
from portal.exchange.models import Upload

router = Router(tags=["uploads"])

PAGE = 100
LONGEST_PAGE = 1_000


class LinesOut(Schema):
    """What came of the lines: read = changed + unchanged + set_aside, once the state is `done`."""

    read: int
    changed: int
    unchanged: int
    set_aside: int


class PeopleOut(Schema):
    """How many people of how many are done; 0 of 0 while the lines are still read."""

    done: int
    of: int


class UploadOut(Schema):
    """An upload. `report` is the address of its lines set aside, null where there are none."""

    upload: UUID
    address: str
    state: str
    received_at: datetime
    finished_at: datetime | None
    bytes: int
    lines: LinesOut
    people: PeopleOut
    why_failed: str | None
    report: str | None


class UploadsOut(Schema):
    """Uploads, the newest first. `next` is the address of the older ones, null at the end."""

    uploads: list[UploadOut]
    next: str | None


class BadLineOut(Schema):
    """A line set aside. `taken_at` says when it was taken after all, null as long as it waits."""

    number: int
    reason: str
    sentence: str
    taken_at: datetime | None


class ReportOut(Schema):
    """Lines set aside, by their numbers. `next` is the address of those that follow, or null."""

    upload: UUID
    set_aside: int
    lines: list[BadLineOut]
    next: str | None


def told(upload: Upload) -> dict:
    """Return an upload as its sender sees it."""
    address = address_of("get_upload", upload)
    return UploadOut(
        upload=upload.uuid,
        address=address,
        state=upload.state,
        received_at=upload.started_at,
        finished_at=upload.finished_at,
        bytes=upload.size,
        lines=LinesOut(
            read=upload.read,
            changed=upload.changed,
            unchanged=upload.unchanged,
            set_aside=upload.quarantined,
        ),
        people=PeopleOut(done=upload.people_done, of=upload.people),
        why_failed=upload.why_failed or None,
        report=address_of("get_report", upload) if upload.quarantined else None,
    ).model_dump()


def address_of(call: str, upload: Upload) -> str:
    return reverse(f"api:{call}", args=[upload.uuid])


def own(request, upload: UUID) -> Upload:
    """Return the connection's upload; another's is not found, like one that does not exist."""
    found = request.auth.uploads.filter(uuid=upload).first()
    if found is None:
        raise Http404
    return found


@router.get(
    "/uploads",
    response=UploadsOut,
    operation_id="list_uploads",
    url_name="list_uploads",
    summary="What have I sent?",
    openapi_extra={"responses": {"404": {"description": "`before` is no upload of yours."}}},
)
def list_uploads(
    request,
    before: Annotated[UUID | None, Query(description="The last upload of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=LONGEST_PAGE)] = PAGE,
):
    """Answers your uploads, the newest first."""
    uploads = request.auth.uploads.order_by("-started_at", "-pk")
    if before:
        last = own(request, before)
        uploads = uploads.filter(
            Q(started_at__lt=last.started_at) | Q(started_at=last.started_at, pk__lt=last.pk),
            started_at__lte=last.started_at,
        )
    page = list(uploads[: limit + 1])
    following = None
    if len(page) > limit:
        page.pop()
        following = f"{reverse('api:list_uploads')}?before={page[-1].uuid}&limit={limit}"
    return {"uploads": [told(one) for one in page], "next": following}


@router.get(
    "/uploads/{uuid:upload}",
    response=UploadOut,
    operation_id="get_upload",
    url_name="get_upload",
    summary="How far is an upload?",
)
def get_upload(request, upload: UUID):
    """Answers the state of an upload, how many people of how many are done, and at the end what
    came of its lines. States: `receiving`, `waiting`, `merging`, `held` (until staff have looked),
    `done`, `refused` (by staff), `failed`, `taken-back`."""
    return told(own(request, upload))


@router.get(
    "/uploads/{uuid:upload}/report",
    response=ReportOut,
    operation_id="get_report",
    url_name="get_report",
    summary="Which lines were set aside, and why?",
)
def get_report(
    request,
    upload: UUID,
    after: Annotated[int, Query(ge=0, le=2**62, description="The page before’s last number.")] = 0,
    limit: Annotated[int, Query(ge=1, le=LONGEST_PAGE)] = PAGE,
):
    """Answers the lines set aside by number, each with its reason and a sentence in the language
    asked for. The lines themselves are not told."""
    found = own(request, upload)
    rows = found.lines.filter(number__gt=after).order_by("number").select_related("line")
    page = list(rows[: limit + 1])
    following = None
    if len(page) > limit:
        page.pop()
        address = address_of("get_report", found)
        following = f"{address}?after={page[-1].number}&limit={limit}"
    return {
        "upload": found.uuid,
        "set_aside": found.quarantined,
        "lines": [bad_line(row) for row in page],
        "next": following,
    }


def bad_line(row) -> dict:
    return {
        "number": row.number,
        "reason": row.line.reason,
        "sentence": reasons.sentence(row.line.reason, row.line.detail),
        "taken_at": row.line.resolved_at,
    }
