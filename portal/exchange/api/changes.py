"""The call by which a system fetches what happened to its things: in order, by cursor."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from ninja import Query, Router, Schema

from portal.exchange.api import problems
from portal.exchange.api.problems import Problem
from portal.exchange.changes.fetch import AT_MOST, CursorTooOld, NotACursor, changes_since
from portal.exchange.models import Change

router = Router(tags=["changes"])

NOT_A_CURSOR = problems.kind(
    "not-a-cursor",
    422,
    _("This cursor was not given out here"),
    _("Send what “next” said in the answer before, letter by letter, or begin without a cursor."),
)
CURSOR_TOO_OLD = problems.kind(
    "cursor-too-old",
    410,
    _("What followed this cursor is no longer kept"),
    _(
        "Changes are kept for 90 days. Begin anew without a cursor, and ask for the present state "
        "of what you need. The portal’s database may also have been restored from a backup."
    ),
)


class ChangeOut(Schema):
    """One thing that happened. What `data` holds stands with each type in the description."""

    id: UUID
    type: str
    at: datetime
    data: dict


class ChangesOut(Schema):
    """`next` is the cursor to go on with, always; with `more` true there is another page now."""

    changes: list[ChangeOut]
    next: str
    more: bool


@router.get(
    "/changes",
    response={200: ChangesOut, 410: dict},
    operation_id="get_changes",
    summary="What has happened to my things?",
    openapi_extra={
        "responses": {"410": {"description": "What followed the cursor is no longer kept."}}
    },
)
def get_changes(
    request,
    since: Annotated[str, Query(max_length=100, description="`next` of the answer before.")] = "",
    limit: Annotated[int, Query(ge=1, le=AT_MOST)] = 100,
):
    """Answers what happened since a cursor, in order and without gaps: to your uploads, to lines
    of yours that were set aside, to ids of people that were made one (`ref.merged`, with `old_ref`
    and `new_ref`), and, where agreed, to your municipality's applications. Without a cursor it
    begins with the oldest change kept; they are kept for 90 days."""
    try:
        page = changes_since(request.auth, since, limit=limit)
    except NotACursor as error:
        raise Problem(NOT_A_CURSOR) from error
    except CursorTooOld as error:
        raise Problem(CURSOR_TOO_OLD) from error
    return {"changes": [as_told(one) for one in page.changes], "next": page.next, "more": page.more}


def as_told(change: Change) -> dict:
    return {"id": change.uuid, "type": change.what, "at": change.at, "data": change.data}
