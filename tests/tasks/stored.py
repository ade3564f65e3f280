"""Facts of a `model.World` in the tables, and the tables' tasks as a `model.Inbox`."""

from datetime import UTC, datetime

from portal.card.models import BenefitAccount, Certificate, InsuranceUse
from portal.residents.models import Guardianship, Resident, Source
from tasks.models import LIVE, Task
from tests.factories import CHIYODA
from tests.tasks.model import Inbox, Live, World

FAR = datetime(2099, 1, 1, tzinfo=UTC).date()
CHECKED_AT = datetime(2026, 11, 1, tzinfo=UTC)


class Facts:
    """The tables' side of a world. Its people are made once; their ids follow one another."""

    def __init__(self, world: World):
        self.source, _new = Source.objects.get_or_create(key="any")
        people = Resident.objects.bulk_create(
            self._resident(person) for person in world.people.values()
        )
        self.ids = {person.ref: person.pk for person in people}
        self.write(world)

    def write(self, world: World) -> None:
        """Make the tables say what the world says, and nothing else of its people."""
        ids = list(self.ids.values())
        for person in world.people.values():
            resident = self._resident(person)
            resident.pk = self.ids[person.ref]
            resident.save(update_fields=["born", "state", "merged_into", "acts_from"])
        Guardianship.objects.filter(child__in=ids).delete()
        Guardianship.objects.bulk_create(
            Guardianship(
                child_id=self.ids[one.child],
                guardian_id=self.ids[one.guardian],
                starts_on=one.starts_on,
                ends_on=one.ends_on,
                **self._fact(),
            )
            for one in world.guardians
        )
        Certificate.objects.filter(resident__in=ids).delete()
        Certificate.objects.bulk_create(
            Certificate(
                resident_id=self.ids[one.holder],
                type=one.type,
                serial=one.serial,
                expires_on=one.expires_on,
                known_since=CHECKED_AT.date(),
                current=one.current,
                lapsed_on=one.lapsed_on,
                **self._fact(),
            )
            for one in world.certificates
        )
        InsuranceUse.objects.filter(resident__in=ids).delete()
        InsuranceUse.objects.bulk_create(
            InsuranceUse(
                resident_id=self.ids[ref],
                status=one.status,
                valid_until=one.valid_until,
                **self._fact(one.stale_on),
            )
            for ref, one in world.insurance.items()
        )
        BenefitAccount.objects.filter(resident__in=ids).delete()
        BenefitAccount.objects.bulk_create(
            BenefitAccount(resident_id=self.ids[ref], status=one.status, **self._fact(one.stale_on))
            for ref, one in world.accounts.items()
        )

    def _resident(self, person):
        return Resident(
            ref=person.ref,
            municipality_id=CHIYODA,
            name=person.ref,
            born=person.born,
            state=person.state,
            merged_into="another" if person.state == "merged" else "",
            acts_from=person.acts_from,
            **self._fact(),
        )

    def _fact(self, stale_on=FAR):
        return {"source": self.source, "checked_at": CHECKED_AT, "stale_on": stale_on}

    def inbox(self) -> Inbox:
        """Return all stored tasks of these people."""
        refs = {pk: ref for ref, pk in self.ids.items()}
        inbox = Inbox()
        tasks = Task.objects.filter(resident__in=refs).select_related("rule").order_by("pk")
        for task in tasks:
            key = (refs[task.resident_id], task.rule.key, task.subject, refs[task.about_id])
            if task.status in LIVE:
                assert key not in inbox.live, f"two live tasks of {key}"
                inbox.live[key] = Live(
                    task.status, task.opens_on, task.due_on, task.priority, task.wake_on
                )
            else:
                inbox.ended.append((key, task.status, task.ended_on))
        inbox.ended.sort()
        return inbox
