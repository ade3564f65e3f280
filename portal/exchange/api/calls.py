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
A_PERSON = (
    '{"kind":"resident","source":"sandbox","ref":"demo-sandbox-1","municipality":"131016",'
    '"name":"試験 太郎","born":"1990-04-01"}'
)
A_FACT = (
    '{"kind":"insurance","source":"sandbox","resident":"demo-sandbox-1","status":"registered",'
    '"valid_until":"2027-03-31","checked_at":"2026-11-01T03:00:00+09:00"}'
)
A_STATUS = (
    '{"resident":"demo-sandbox-1","procedure":"child-allowance","status":"under-review",'
    '"seq":1,"at":"2026-11-20T10:15:00+09:00"}'
)
THE_NEWEST = (
    f"UPLOAD=$(curl -s {SIGNED_IN} '{{api}}/uploads?limit=1' | python3 -c \\\n"
    """    'import json, sys; print(json.load(sys.stdin)["uploads"][0]["upload"])')"""
)

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
        "post_facts",
        _("Send facts"),
        _(
            "Takes lines of facts, one JSON object a line, as many as you like, packed with gzip "
            "if you like. Up to 1,000 lines are in when the answer comes; of more, the answer "
            "names where to ask how far it is. Send again what you are not sure of: with an "
            "“Idempotency-Key” of yours it gets the stored answer, and without one the lines "
            "change nothing the second time."
        ),
        f"""curl {SIGNED_IN} -H 'Content-Type: application/x-ndjson' \\
     -H "Idempotency-Key: $(date +%s)" --data-binary @- {{api}}/facts <<'END'
{A_PERSON}
{A_FACT}
END""",
    ),
    Call(
        "post_status",
        _("Report how an application stands"),
        _(
            "Takes one state of one application, and says what stands now. The highest “seq” "
            "stands, whatever arrives first; an older state or the same is no error."
        ),
        f"""curl {SIGNED_IN} -H 'Content-Type: application/json' --data-binary @- \\
     {{api}}/applications/SANDBOX-1/status <<'END'
{A_STATUS}
END""",
    ),
    Call(
        "list_uploads",
        _("What have I sent?"),
        _("Lists what you have sent, the newest first, with how far each is."),
        f"curl {SIGNED_IN} '{{api}}/uploads?limit=5'",
    ),
    Call(
        "get_upload",
        _("How far is an upload?"),
        _(
            "Tells its state, how many people of how many are done, and at the end how many lines "
            "were new, known already, or set aside. Ask every few seconds while it is merged."
        ),
        f"{THE_NEWEST}\ncurl {SIGNED_IN} {{api}}/uploads/$UPLOAD",
    ),
    Call(
        "get_report",
        _("Which lines were set aside, and why?"),
        _(
            "Lists them by number, with the reason and a sentence that says what to do. Correct "
            "those and send them again; the others are in."
        ),
        f"{THE_NEWEST}\ncurl {SIGNED_IN} {{api}}/uploads/$UPLOAD/report",
    ),
    Call(
        "get_changes",
        _("What has happened to my things?"),
        _(
            "Gives what happened since a cursor, in order and without gaps: to your uploads, to "
            "lines of yours that were set aside, to ids of people that were made one, and, where "
            "agreed, to your municipality’s applications. Keep “next” of each answer and send it "
            "as “since” the next time."
        ),
        f"curl {SIGNED_IN} '{{api}}/changes?limit=10'",
    ),
    Call(
        "list_webhooks",
        _("Which webhooks do I have?"),
        _(
            "Tells to which addresses of yours changes are brought by themselves, and whether they "
            "are taken there. The office sets the addresses."
        ),
        f"curl {SIGNED_IN} {{api}}/webhooks",
    ),
    Call(
        "list_deliveries",
        _("What came of my webhook’s deliveries?"),
        _(
            "Gives the deliveries of the newest changes: taken, waiting and since when they are "
            "tried, or given up, with the status that your system answered."
        ),
        f"WEBHOOK=$(curl -s {SIGNED_IN} {{api}}/webhooks | python3 -c 'import json, sys; "
        'print(json.load(sys.stdin)["webhooks"][0]["webhook"])\')\n'
        f"curl {SIGNED_IN} {{api}}/webhooks/$WEBHOOK/deliveries",
    ),
    Call(
        "replay_webhook",
        _("Bring me everything since then again"),
        _(
            "Brings all changes since a moment again, in order and with the ids that they had: "
            "after a fault on your side, or to fill a new system."
        ),
        f"curl {SIGNED_IN} -H 'Content-Type: application/json' \\\n"
        '     -d \'{"from": "2026-11-01T00:00:00+09:00"}\' {api}/webhooks/$WEBHOOK/replay',
    ),
]
