"""Which version of each rule is in force, and how another one goes live.

A rule is code, so a new version comes with new code. It then waits: it opens, updates and closes
nothing, and its stored tasks stay as they are, until somebody has seen what would change
(tasks.dry_run) and said yes; with many new tasks, until a second person has said so too. Each
process asks for the version that it has compiled, so old and new code may run beside each other.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal import clock
from portal.accounts.models import User
from portal.residents.models import Resident
from tasks.compile import definition, fingerprint
from tasks.dry_run import KINDS, Change, Ladder, dry_run, give_the_same
from tasks.models import RuleRecord, RuleVersion
from tasks.rules import Rule, registry

NO_LONGER_REGISTERED = ""
# The first person's yes was to a number; past so many times that number it is asked for again.
MAY_HAVE_GROWN = 1.1
SECONDS_AFTER_MIGRATE = 5
ANSWERS_WITHIN = timedelta(hours=1)
PERMISSION = "tasks.release_rule"


class Refused(Exception):
    """The version cannot go live, or not now. The text says why, and what to do."""


@dataclass(frozen=True)
class Compiled:
    """What this process has of a rule: what a version must be equal to."""

    fingerprint: str
    ladder: dict

    def is_of(self, version: RuleVersion | None) -> bool:
        return (
            version is not None
            and version.fingerprint == self.fingerprint
            and version.ladder == self.ladder
        )


def compiled(rule: Rule | None) -> Compiled:
    if rule is None:
        return Compiled(NO_LONGER_REGISTERED, {})
    return Compiled(
        fingerprint(rule), {"remind": list(rule.remind), "remind_every": rule.remind_every}
    )


# ---- how things stand
@dataclass(frozen=True)
class Waiting:
    """A rule whose code is not what was released. Without a `version` it was not recorded yet.

    `only_reminders`: its tasks go on, and its reminders by the ladder that was released.
    """

    key: str
    rule: Rule | None
    version: RuleVersion | None
    only_reminders: bool

    def __str__(self):
        if self.version is None:
            return f'Rule "{self.key}" is not recorded yet. Run `manage.py migrate`.'
        what = "keeps its reminders" if self.only_reminders else "opens and closes nothing"
        return (
            f'Rule "{self.key}" {what} until its version {self.version.number} is released: '
            f"`manage.py release_rules --rule {self.key} --by EMAIL`, or the staff pages."
        )


def waiting() -> list[Waiting]:
    """Return the rules whose code waits to be released, those no longer registered included."""
    released, newest = {}, {}
    for version in RuleVersion.objects.select_related("rule").defer("definition", "answer"):
        newest.setdefault(version.rule_id, version)
        if version.in_force:
            released[version.rule_id] = version
    keys = {rule.id: rule.key for rule in registry.values()}
    keys |= {pk: one.rule.key for pk, one in newest.items() if pk not in keys}
    found = []
    for rule_id, key in keys.items():
        rule = registry.by_id(rule_id)
        mine, before = compiled(rule), released.get(rule_id)
        if not mine.is_of(before):
            found.append(
                Waiting(
                    key=key,
                    rule=rule,
                    version=newest[rule_id] if mine.is_of(newest.get(rule_id)) else None,
                    only_reminders=before is not None and before.fingerprint == mine.fingerprint,
                )
            )
    return found


def reminded() -> list[Rule]:
    """Return the registered rules with the ladders that were released, which may not be theirs."""
    released = RuleVersion.objects.filter(in_force=True).values_list("rule_id", "ladder")
    ladders = {rule_id: ladder for rule_id, ladder in released if ladder}
    return [
        replace(rule, **ladders[rule.id]) if rule.id in ladders else rule
        for rule in registry.values()
    ]


# ---- recording what the code has
def record() -> None:
    """Note each registered rule, and its version where it is new; release what needs no yes.

    That is everything on a fresh installation: where nothing was ever recorded, or nobody lives.
    Later, a version that gives the same as the one in force, if that can be told in short time;
    else `weigh` tells it.
    """
    RuleRecord.objects.bulk_create(
        [RuleRecord(id=rule.id, key=rule.key) for rule in registry.values()],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["key"],
    )
    everything = not RuleVersion.objects.exists() or not Resident.objects.exists()
    for known in RuleRecord.objects.order_by("pk"):
        version = _version_of_the_code(known)
        if version.in_force:
            continue
        if everything:
            _put_in_force(version, how=RuleVersion.How.INSTALLED)
        else:
            release_if_the_same(version, seconds=SECONDS_AFTER_MIGRATE)


@transaction.atomic
def _version_of_the_code(known: RuleRecord) -> RuleVersion:
    """Return the rule's version that this process has compiled, made where it is a new one."""
    RuleRecord.objects.select_for_update().get(pk=known.pk)
    if version := of_the_code(known):
        return version
    rule, newest = registry.by_id(known.pk), known.versions.first()
    mine = compiled(rule)
    return RuleVersion.objects.create(
        rule=known,
        number=newest.number + 1 if newest else 1,
        fingerprint=mine.fingerprint,
        ladder=mine.ladder,
        definition=definition(rule) if rule else {},
    )


def of_the_code(known: RuleRecord) -> RuleVersion | None:
    """Return the version in force, or the newest, if it is what this process has compiled."""
    mine = compiled(registry.by_id(known.pk))
    for version in (in_force(known), known.versions.first()):
        if mine.is_of(version):
            return version
    return None


def in_force(known: RuleRecord) -> RuleVersion | None:
    return known.versions.filter(in_force=True).first()


def only_reminders(version: RuleVersion | None, before: RuleVersion | None) -> bool:
    """Tell whether a version differs from the one before in its ladder alone."""
    return (
        version is not None
        and before is not None
        and version.pk != before.pk
        and version.fingerprint == before.fingerprint
    )


def release_if_the_same(version: RuleVersion, *, seconds: float | None = None) -> bool:
    """Put a version in force that differs from the one in force in its text alone.

    A library that writes SQL otherwise makes such a one. Return False also where it takes longer
    than `seconds` to tell, or where the database no longer understands the older text.
    """
    before = in_force(version.rule)
    if before is None or before.ladder != version.ladder:
        return False
    same = before.fingerprint == version.fingerprint
    if not same and NO_LONGER_REGISTERED not in (before.fingerprint, version.fingerprint):
        with suppress(TimeoutError, DatabaseError):
            same = give_the_same(
                before.definition, version.definition, today=clock.today(), seconds=seconds
            )
    if same:
        _put_in_force(version, how=RuleVersion.How.SAME)
    return same


@transaction.atomic
def _put_in_force(version: RuleVersion, *, how: RuleVersion.How) -> None:
    RuleRecord.objects.select_for_update().get(pk=version.rule_id)
    RuleVersion.objects.filter(rule=version.rule_id, in_force=True).update(in_force=False)
    version.in_force, version.how, version.released_at = True, how, timezone.now()
    version.save(update_fields=["in_force", "how", "released_at"])


# ---- what would change
def is_to_be_asked(version: RuleVersion) -> bool:
    """Tell whether there is no answer of today and none on its way."""
    asked_lately = version.asked_at and version.asked_at > timezone.now() - ANSWERS_WITHIN
    return version.day != clock.today() and not asked_lately


def weigh(version: RuleVersion, *, progress: Callable = list) -> Change:
    """Ask what would change if the version went live today, and keep the answer with it.

    A version that changes nothing but its text is released. Raises Refused where this process has
    other code than the version's, OperationalError where a range takes too long.
    """
    _refuse_unless_compiled(version)
    version.asked_at = timezone.now()
    version.save(update_fields=["asked_at"])
    rule, before = registry.by_id(version.rule_id), in_force(version.rule)
    change = dry_run(
        rule,
        rule_id=version.rule_id,
        today=clock.today(),
        now=Ladder(**before.ladder) if before else Ladder(),
        then=Ladder(**version.ladder),
        progress=progress,
    )
    version.day, version.answered_at = change.day, timezone.now()
    version.would_open, version.would_update, version.would_close = (
        change.counts[kind] for kind in KINDS
    )
    version.answer = change.as_json()
    version.save(
        update_fields=["day", "answered_at", "answer", *(f"would_{kind}" for kind in KINDS)]
    )
    if change.nothing and not version.in_force:
        release_if_the_same(version)
    return change


# ---- going live
def say_yes(*, version: RuleVersion, by: User) -> bool:
    """Note that `by` wants the version to go live; return whether it has.

    It has not where more than `RuleVersion.ALONE_UP_TO` tasks would be opened and this is the
    first yes. Safe to call many times at once. Raises Refused with the reason.
    """
    if not (by.is_active and by.has_perm(PERMISSION)):
        raise Refused(_("You may not release rules. Ask somebody who may."))
    with transaction.atomic():
        RuleRecord.objects.select_for_update().get(pk=version.rule_id)
        version = RuleVersion.objects.select_related("rule").get(pk=version.pk)
        _refuse_unless_ready(version)
        alone = version.would_open <= RuleVersion.ALONE_UP_TO
        if alone or not _first_yes_stands(version):
            version.first_yes_by, version.first_yes_at = by, timezone.now()
            version.first_yes_open = version.would_open
        elif version.first_yes_by_id == by.pk:
            raise Refused(
                _("You have said yes already. %(count)s new tasks need another person's yes.")
                % {"count": version.would_open}
            )
        else:
            version.second_yes_by = by
        version.save()
        if alone or version.second_yes_by:
            _put_in_force(version, how=RuleVersion.How.STAFF)
            _note(version, by, "released")
        else:
            _note(version, by, "first yes; a second person's is needed")
        return version.in_force


def _refuse_unless_ready(version: RuleVersion) -> None:
    if version.in_force:
        raise Refused(_("This version has been released already."))
    if version.rule.versions.filter(number__gt=version.number).exists():
        raise Refused(_("There is a newer version of this rule. Look at that one."))
    _refuse_unless_compiled(version)
    if version.day != clock.today():
        raise Refused(_("Nobody has asked today what would change. Ask first."))


def _refuse_unless_compiled(version: RuleVersion) -> None:
    if not compiled(registry.by_id(version.rule_id)).is_of(version):
        raise Refused(
            _(
                "The program that answers you has another version of this rule. Have it started "
                "again after the update."
            )
        )


def _first_yes_stands(version: RuleVersion) -> bool:
    return (
        version.first_yes_by_id is not None
        and version.would_open <= version.first_yes_open * MAY_HAVE_GROWN
    )


def _note(version: RuleVersion, by: User, what: str) -> None:
    """Leave a line in the history of the staff pages: the figures that the yes was to."""
    LogEntry.objects.create(
        user=by,
        content_type=ContentType.objects.get_for_model(RuleRecord),
        object_id=str(version.rule_id),
        object_repr=version.rule.key,
        action_flag=CHANGE,
        change_message=(
            f"Version {version.number}: {what}. On {version.day} it would open "
            f"{version.would_open}, update {version.would_update}, close {version.would_close}."
        ),
    )
