"""What the forked processes do. Only they import this, after Django (tests/faults/ready.py)."""

import contextlib
import io
import json
import random
import threading
from collections import Counter
from datetime import date, datetime
from importlib import import_module

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone
from tqdm import tqdm

from portal.accounts.models import User
from portal.card.models import BenefitAccount, InsuranceUse
from portal.celery import app
from portal.exchange.connections.keys import make_key
from portal.exchange.loading import load as exchange
from portal.exchange.loading.load import load
from portal.exchange.models import Connection, Upload
from portal.exchange.uploads import receive, taking_back
from portal.residents.models import Resident, Source
from tasks import acts, jobs, sweep
from tasks.models import Sweep, Task
from tasks.reconcile import reconcile_people, reconcile_range
from tests.factories import PASSWORD
from tests.tasks.crowd import make_crowd

tqdm.set_lock(threading.RLock())  # its own would be left behind by each process that is killed


def command(name, arguments):
    call_command(name, *arguments)


# ---- the facts
# Between two nights the sources report: tasks will end, change and be opened again.
NEWS = [
    "UPDATE residents_resident SET email = lower(ref) || '@example.jp' WHERE id %% 2 > 0",
    "INSERT INTO reminders_mailoff SELECT id, now() FROM residents_resident WHERE id %% 13 = 0",
    "UPDATE card_insuranceuse SET status = 'registered' WHERE resident_id %% 8 = 2",
    "UPDATE card_insuranceuse SET status = 'not-registered' WHERE resident_id %% 8 = 1",
    "UPDATE card_benefitaccount SET status = 'registered' WHERE resident_id %% 9 = 1",
    "UPDATE card_certificate SET expires_on = expires_on + 9 WHERE resident_id %% 5 = 1",
    """UPDATE card_certificate SET expires_on = date '2027-04-21' + resident_id::int %% 90
        WHERE resident_id %% 5 = 3""",
]


def make_people(count):
    call_command("migrate", verbosity=0)
    make_crowd(count)


def hear_news():
    with connection.cursor() as cursor:
        for statement in NEWS:
            cursor.execute(statement, [])


# ---- the night
def start_night(day, range_size, wake=True):
    """Do as the schedule's job does, in smaller ranges. Print whether the night is new."""
    night, new = sweep.start_sweep(
        day=date.fromisoformat(day), started_by=Sweep.StartedBy.BEAT, range_size=range_size
    )
    if wake and new:
        jobs.wake_workers(sweep.unfinished(night).values_list("pk", flat=True))
    print(new)


def send_job(name, arguments=()):
    """Put a job's message into the queue, as beat does."""
    app.send_task(name, arguments)


def do_job(module, name, arguments=()):
    """Do a job here, as a worker would that had its message."""
    getattr(import_module(module), name)(*arguments)


def inspect_worker():
    """Print how often each job was received, and how many are worked on, by all workers."""
    workers = app.control.inspect(timeout=1)
    received = sum((Counter(one["total"]) for one in (workers.stats() or {}).values()), Counter())
    active = sum(len(jobs) for jobs in (workers.active() or {}).values())
    print(json.dumps({"received": received, "active": active}))


# ---- nights and events at the same time
class Interleaved:
    """Threads that reconcile the same people by ranges, by reports, by files and by acts.

    What raises in one of them ends all. Nothing is awaited in between, so in which order they
    come to a person is left to chance; what each does is drawn from the seed.
    """

    def __init__(self, seed, people, today):
        self.seed, self.people, self.today = seed, people, today
        self.errors = []

    def run(self, events, threads):
        each = events // threads
        runs = [threading.Thread(target=self._run, args=(n, each)) for n in range(threads)]
        for one in runs:
            one.start()
        for one in runs:
            one.join()
        if self.errors:
            raise self.errors[0]

    def _run(self, number, events):
        chance = random.Random(f"{self.seed}:{number}")
        deeds = [self.report, self.act, self.night, self.file]
        try:
            for _ in range(events):
                [deed] = chance.choices(deeds, [78, 15, 6, 1])
                deed(chance)
                if self.errors:
                    return
        except Exception as error:
            self.errors.append(error)
        finally:
            connection.close()

    def report(self, chance):
        """One fact of a person changes, and the tasks with it."""
        person, model = chance.choice(self.people), chance.choice([InsuranceUse, BenefitAccount])
        with transaction.atomic():
            model.objects.filter(resident=person).update(
                status=chance.choice(["registered", "not-registered"])
            )
            reconcile_people([person], today=self.today)

    def act(self, chance):
        """A resident puts off, reports, puts away or takes back; it may have ended meanwhile."""
        person = Resident(pk=chance.choice(self.people))
        task = Task.objects.live().filter(resident=person).order_by("?").first()
        act = chance.choice([acts.dismiss, acts.report_done, acts.undo])
        if task:
            with contextlib.suppress(acts.Refused):
                act(resident=person, task_id=task.pk, by=None, today=self.today)

    def night(self, chance):
        low = chance.choice(self.people)
        high = chance.choice([low + 20, max(self.people) + 1])
        reconcile_range(today=self.today, low=low, high=high)

    def file(self, chance):
        """A source's file, with reports about some people in no order."""
        some = Resident.objects.filter(pk__in=chance.sample(self.people, 3))
        lines = [
            {
                "kind": "insurance",
                "source": "insurer-0601",
                "resident": one.ref,
                "status": chance.choice(["registered", "not-registered"]),
                "checked_at": timezone.now().isoformat(),
            }
            for one in some
        ]
        text = "\n".join(json.dumps(line) for line in lines)
        load([("reports", io.BytesIO(text.encode()))], today=self.today)


def interleave(seed, events, threads, today):
    people = list(Resident.objects.order_by("pk").values_list("pk", flat=True)[:40])
    Interleaved(seed, people, date.fromisoformat(today)).run(events, threads)


def forget_tasks():
    """Leave the facts alone, so that a night can be run on them as if it were the first."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE tasks_task, tasks_taskevent, tasks_sweep CASCADE")


# ---- mornings
def walk(moments):
    """Run reminders at these moments, and before each the night of its day, where it has come."""
    done = set()
    for at in moments:
        day = datetime.fromisoformat(at).astimezone(timezone.get_default_timezone()).date()
        if day not in done and not any(day < other for other in done):
            call_command("reconcile", today=day)
            done.add(day)
        call_command("remind", "--at", at)


# ---- a source that sends by the API
def connect_source():
    """Let a source send statuses; print its key."""
    source, _new = Source.objects.get_or_create(key="shinsei")
    its, _new = Connection.objects.get_or_create(
        source=source, defaults={"kinds": ["application-status"]}
    )
    print(make_key(its)[1])


def statuses(count):
    return b"".join(
        json.dumps(
            {
                "kind": "application-status",
                "source": "shinsei",
                "ref": f"S-{n}",
                "resident": f"C{n + 1:07}",
                "procedure": "child-allowance",
                "status": "granted" if n % 2 else "received",
                "seq": 1,
                "at": "2027-04-01T10:00:00+09:00",
            }
        ).encode()
        + b"\n"
        for n in range(count)
    )


def receive_statuses(count):
    """Receive an upload as the API does; print its public id."""
    its = Connection.objects.get(source__key="shinsei")
    upload, _lines = receive.receive([statuses(count), b"{}\n"], connection=its)
    upload.refresh_from_db()
    print(upload.uuid)


def merge_upload(uuid, people=20):
    """Merge an upload as a worker does that has its message, so many people at a time."""
    exchange.PEOPLE_IN_A_CHUNK = people
    import_module("portal.exchange.jobs").merge_upload(uuid)


def ask_to_take_back(uuid):
    """Ask as one of the staff does that an upload be taken back; print the asking's id."""
    by = User.objects.create_user(email="staff@example.jp", password=PASSWORD, is_staff=True)
    print(taking_back.ask(Upload.objects.get(uuid=uuid), by=by, why="the wrong file").pk)


def take_back_upload(asked, people=50):
    """Take an upload back as a worker does that has its message, so many people at a time."""
    taking_back.PEOPLE_AT_ONCE = people
    import_module("portal.exchange.jobs").take_back_upload(asked)


# ---- somebody who is signed in
def sign_in(person):
    """Give the resident an account and a session; print its key."""
    user = User.objects.create_user(email=f"person{person}@example.jp", password=PASSWORD)
    Resident.objects.filter(pk=person).update(user=user)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    print(session.session_key)
