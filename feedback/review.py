"""What staff do with an opinion. Each deed locks it, checks, and leaves a line of who did what.

`opinion` is the public id. Raises Opinion.DoesNotExist, and CannotReview with a sentence.
"""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from feedback.give import cleaned
from feedback.jobs import send_replies
from feedback.models import LONGEST_TEXT, Change, Improvement, Opinion, Reply, Tag
from feedback.states import DECLINED, DONE, CannotReview, check_follows
from portal.residents.codes import HOLDS_MY_NUMBER, holds_my_number
from portal.residents.own import own_fact
from tasks.reconcile import reconcile_people

What = Change.What
MOST_TAGS = 10


def locked(opinion: UUID) -> Opinion:
    opinions = Opinion.objects.exclude(state=Opinion.State.COUNTED)
    return opinions.select_for_update(of=["self"]).get(uuid=opinion)


def note_change(opinion: Opinion, what: str, *, by, before: str = "", after: str = "") -> None:
    Change.objects.create(opinion=opinion, what=what, before=before[:500], after=after, by=by)


@transaction.atomic
def change_state(
    opinion: UUID, *, seen: str, to: str, by, why: str = "", improvement: Improvement | None = None
) -> None:
    """Change the state from `seen`, which stood on the page, and that of what is the same.

    Declining needs `why`; done needs the improvement that tells everyone.
    """
    found = locked(opinion)
    if found.state != seen:
        names = {"state": found.get_state_display()}
        raise CannotReview(_("Look again. Somebody has changed it to “%(state)s”.") % names)
    check_follows(seen, to)
    if to == DECLINED and not why.strip():
        raise CannotReview(_("Say why it is declined."))
    if to == DONE and improvement is None:
        raise CannotReview(_("Choose the improvement that was made, or write it first."))
    for one in [found, *found.duplicates.select_for_update()]:
        before = one.state
        one.state, one.why_declined = to, why.strip()[:500] if to == DECLINED else ""
        one.improvement = improvement if to == DONE else None
        one.owner = one.owner or by
        one.save(update_fields=["state", "why_declined", "improvement", "owner"])
        note_change(one, What.STATE, by=by, before=before, after=to)


@transaction.atomic
def change_owner(opinion: UUID, *, to, by) -> None:
    found = locked(opinion)
    before = str(found.owner or "")
    found.owner = to
    found.save(update_fields=["owner"])
    note_change(found, What.OWNER, by=by, before=before, after=str(to or ""))


@transaction.atomic
def change_tags(opinion: UUID, *, names: Iterable[str], by) -> None:
    """Give it these tags and no others; a new name makes a new tag."""
    found = locked(opinion)
    wanted = sorted({name.strip()[:40] for name in names if name.strip()})
    if len(wanted) > MOST_TAGS:
        raise CannotReview(_("Choose at most %(most)d tags.") % {"most": MOST_TAGS})
    before = ", ".join(found.tags.values_list("name", flat=True))
    Tag.objects.bulk_create([Tag(name=name) for name in wanted], ignore_conflicts=True)
    found.tags.set(Tag.objects.filter(name__in=wanted))
    note_change(found, What.TAGS, by=by, before=before, after=", ".join(wanted))


@transaction.atomic
def merge(opinion: UUID, *, into: UUID, by) -> None:
    """Say that one is the same as another: from now on it goes with that one."""
    both = Opinion.objects.select_for_update(of=["self"]).filter(uuid__in=[opinion, into])
    by_id = {one.uuid: one for one in both.order_by("pk")}
    same, main = by_id.get(opinion), by_id.get(into)
    if main is None or same is None:
        raise CannotReview(_("Give the number of an opinion that is there."))
    if same == main:
        raise CannotReview(_("Choose another opinion than this one."))
    main = main.merged_into or main
    if same == main:
        raise CannotReview(_("They go together already, the other way round."))
    Opinion.objects.filter(Q(pk=same.pk) | Q(merged_into=same)).update(merged_into=main)
    note_change(same, What.MERGED, by=by, after=str(main.uuid))


@transaction.atomic
def separate(opinion: UUID, *, by) -> None:
    """Take back that it is the same as another."""
    found = locked(opinion)
    before, found.merged_into = str(found.merged_into.uuid if found.merged_into else ""), None
    found.save(update_fields=["merged_into"])
    note_change(found, What.MERGED, by=by, before=before)


@transaction.atomic
def add_note(opinion: UUID, *, text: str, by) -> None:
    found, text = locked(opinion), cleaned(text).text
    if not text:
        raise CannotReview(_("Write the note first."))
    if len(text) > LONGEST_TEXT:
        raise CannotReview(_("Shorten it to %(most)d characters.") % {"most": LONGEST_TEXT})
    note_change(found, What.NOTE, by=by, after=text)


@transaction.atomic
def reply(opinion: UUID, *, text: str, by, today: date) -> int:
    """Answer those who asked, also in what is the same; return how many people they are.

    Each finds it in the inbox and gets a mail. One person is answered once, however often it asked.
    """
    found, text = locked(opinion), text.strip()
    if not text:
        raise CannotReview(_("Write the answer first."))
    if len(text) > LONGEST_TEXT:
        raise CannotReview(_("Shorten it to %(most)d characters.") % {"most": LONGEST_TEXT})
    if holds_my_number(text):
        raise CannotReview(str(HOLDS_MY_NUMBER))
    asking = Opinion.objects.filter(Q(pk=found.pk) | Q(merged_into=found), asker__isnull=False)
    first = {one.asker_id: one for one in asking.order_by("-pk")}
    if not first:
        raise CannotReview(_("Nobody asked for an answer."))
    fact = own_fact()
    Reply.objects.bulk_create(
        Reply(
            resident_id=resident,
            opinion=one,
            said=one.text,
            text=text,
            answered_on=today,
            by=by,
            **fact,
        )
        for resident, one in sorted(first.items())
    )
    note_change(found, What.REPLY, by=by, after=text)
    reconcile_people(sorted(first), today=today)
    # Robust: without the queue the answer stands all the same, and the mail goes within a minute.
    transaction.on_commit(send_replies.delay, robust=True)
    return len(first)
