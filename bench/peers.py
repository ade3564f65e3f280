"""How such inboxes are usually filled, one way a process: `python -m bench.peers WAY`.

They work on the tables of bench/limit.py and with the same rules, written in Python. From the
environment: BENCH_DSN, BENCH_RESIDENTS (how many of them to go through), BENCH_TODAY and, for
`jobs`, BENCH_BROKER and BENCH_QUEUE. The last line is JSON: {"seconds": …}.
"""

import json
import os
import subprocess
import sys
import time
from datetime import date, timedelta

import django
from celery import Celery
from django.conf import settings
from django.db import models
from psycopg.conninfo import conninfo_to_dict

RESIDENTS = int(os.environ["BENCH_RESIDENTS"])
TODAY = date.fromisoformat(os.environ["BENCH_TODAY"])


def set_up():
    given = conninfo_to_dict(os.environ["BENCH_DSN"])
    database = {"ENGINE": "django.db.backends.postgresql", "NAME": given.pop("dbname")}
    database["OPTIONS"] = given
    settings.configure(
        DATABASES={"default": database},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
    )
    django.setup()


set_up()


class Resident(models.Model):
    expires = models.DateField()
    insurance_linked = models.BooleanField()
    account_registered = models.BooleanField()

    class Meta:
        app_label, db_table, managed = "bench", "resident", False

    def __str__(self):
        return str(self.pk)


class Child(models.Model):
    resident = models.ForeignKey(Resident, models.CASCADE, related_name="children")
    dose_from = models.DateField()
    dose_to = models.DateField()

    class Meta:
        app_label, db_table, managed = "bench", "child", False

    def __str__(self):
        return str(self.pk)


class Task(models.Model):
    resident = models.ForeignKey(Resident, models.CASCADE, related_name="tasks")
    kind = models.SmallIntegerField()
    subject = models.BigIntegerField(default=0)
    due = models.DateField()
    open = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label, db_table, managed = "bench", "task", False

    def __str__(self):
        return str(self.pk)


def wanted(resident):
    """The rules of bench/limit.py: (kind, subject, due) of each task."""
    if resident.expires <= TODAY + timedelta(days=90):
        yield 1, 0, resident.expires
    if not resident.insurance_linked:
        yield 2, 0, date.max
    if not resident.account_registered:
        yield 3, 0, date.max
    for child in resident.children.all():
        if child.dose_from <= TODAY + timedelta(days=30) and child.dose_to >= TODAY:
            yield 4, child.pk, child.dose_to


def everyone():
    residents = Resident.objects.filter(pk__lte=RESIDENTS).order_by("pk")
    return residents.prefetch_related("children").iterator(chunk_size=2000)


def open_tasks(resident):
    for kind, subject, due in wanted(resident):
        Task.objects.get_or_create(resident=resident, kind=kind, subject=subject, due=due)


def get_or_create():
    for resident in everyone():
        open_tasks(resident)


def bulk_create():
    batch = []
    for resident in everyone():
        batch += [
            Task(resident=resident, kind=kind, subject=subject, due=due)
            for kind, subject, due in wanted(resident)
        ]
        if len(batch) >= 1000:
            Task.objects.bulk_create(batch, ignore_conflicts=True)
            batch = []
    Task.objects.bulk_create(batch, ignore_conflicts=True)


app = Celery("bench", broker=os.environ.get("BENCH_BROKER"))
app.conf.update(
    task_default_queue=os.environ.get("BENCH_QUEUE", "bench"),
    task_ignore_result=True,
    broker_connection_retry_on_startup=True,
    worker_hijack_root_logger=False,
)


@app.task(name="bench.reconcile")
def reconcile_one(resident_id):
    open_tasks(Resident.objects.prefetch_related("children").get(pk=resident_id))


def jobs():
    """A message a resident, taken by a worker of two processes; its start is not counted."""
    worker = subprocess.Popen(
        [
            *(sys.executable, "-m", "celery", "-A", "bench.peers", "worker", "--loglevel", "ERROR"),
            *("--concurrency", "2", "--without-gossip", "--without-mingle", "--without-heartbeat"),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not app.control.inspect(timeout=0.2).ping():
            pass
        start = time.perf_counter()
        last = None
        for resident in everyone():
            reconcile_one.delay(resident.pk)
            if any(wanted(resident)):
                last = resident
        while not Task.objects.filter(resident=last).exists():
            time.sleep(0.005)
        return time.perf_counter() - start
    finally:
        worker.terminate()
        worker.wait(60)


class Application(models.Model):
    ref = models.TextField(unique=True)
    resident_id = models.BigIntegerField()
    status = models.TextField()
    seq = models.IntegerField()
    updated_at = models.DateTimeField()

    class Meta:
        app_label, db_table, managed = "bench", "application", False

    def __str__(self):
        return self.ref


def update_or_create():
    """The states of applications of bench/ingest.py, by the row."""
    with open(os.path.join(os.environ["BENCH_FACTS"], "statuses.ndjson")) as lines:
        for _n, line in zip(range(RESIDENTS), map(json.loads, lines), strict=False):
            Application.objects.update_or_create(
                ref=line["ref"],
                defaults={
                    "resident_id": int(line["resident"][1:]),
                    "status": line["status"],
                    "seq": line["seq"],
                    "updated_at": line["at"],
                },
            )


WAYS = {
    "update_or_create": update_or_create,
    "get_or_create": get_or_create,
    "bulk_create": bulk_create,
    "jobs": jobs,
}


def main():
    start = time.perf_counter()
    seconds = WAYS[sys.argv[1]]() or time.perf_counter() - start
    print(json.dumps({"seconds": seconds}))


if __name__ == "__main__":
    main()
