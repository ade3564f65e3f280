"""The calls in plain words, each with lines for a terminal that run as they stand.

`{api}` is the address of the API; `$KEY` holds a key. A call that is not here fails a test.
"""

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Call(NamedTuple):
    operation_id: str
    title: str | Promise
    says: str | Promise
    lines: str


SIGNED_IN = '-H "Authorization: Bearer $KEY"'

CALLS = [
    Call(
        "get_connection",
        _("Who am I here?"),
        _(
            "Tells which source you speak for, which kinds of facts you may send about whom, how "
            "many requests a minute, and until when your key is good. The first call to try."
        ),
        f"curl {SIGNED_IN} {{api}}/connection",
    ),
    Call(
        "get_changes",
        _("What has happened to my things?"),
        _(
            "Gives what happened since a cursor, in order and without gaps: to your uploads, to "
            "lines of yours that were set aside, and, where agreed, to your municipality’s "
            "applications. "
            "Keep “next” of each answer and send it as “since” the next time."
        ),
        f"curl {SIGNED_IN} '{{api}}/changes?limit=10'",
    ),
]
