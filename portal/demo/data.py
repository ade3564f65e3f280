"""The demo's data: invented facts through the door of every source, and people who sign in."""

import json
import secrets
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection, transaction
from tqdm import tqdm

from childcare import enter
from childcare.models import CheckupCalendar, Vaccination
from portal.accounts.models import User
from portal.demo import children, facts
from portal.demo.people import EVERYBODY, MASAO, MISAKI, PEOPLE, STAFF
from portal.demo.processes import CannotRun
from portal.exchange.loading import load as exchange
from portal.residents.models import Resident, Source
from tasks.reconcile import reconcile_people
from tasks.sweep import run_sweep

HANDBOOK = UUID("019390e0-0000-7000-8000-000000000001")  # the page that Misaki entered
SYLLABLES = [consonant + vowel for consonant in "kstnhmyr" for vowel in "aeo"]


def migrate():
    call_command("migrate", interactive=False, verbosity=0)


def is_there() -> bool:
    """Tell whether an earlier run has made the data to the end: the staff come last."""
    return User.objects.filter(email=STAFF[-1].email).exists()


def refuse_strangers():
    """Raise CannotRun if the database holds people whom no demo has made."""
    if Resident.objects.exclude(ref__startswith="demo-").exists():
        raise CannotRun(
            f'The database "{connection.settings_dict["NAME"]}" that DATABASE_URL names holds '
            f"residents who are not the demo's, so nothing was written to it. Name an empty "
            f"database, or leave DATABASE_URL out."
        )


def write_facts(path: Path, *, residents: int, today: date) -> int:
    """Write the file of facts, one JSON object a line, and return how many lines it has."""
    lines = 0
    bar = tqdm(total=residents, desc="Inventing residents", unit=" residents", disable=None)
    with bar, open(path, "w", encoding="utf-8") as file:
        for household in facts.households(residents, today=today):
            file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in household)
            lines += len(household)
            bar.update(facts.people_in(household))
    return lines


def load(path: Path, *, today: date):
    """Load the file of facts and reconcile everyone; may be broken off and run again.

    Whose insurer is silent is reconciled as of the day of its last word first: a task that was
    opened then stays, and says since when nobody has checked.
    """
    for key, (name, name_en, fresh_for) in facts.SOURCES.items():
        names = {"name": name, "name_en": name_en, "fresh_for": fresh_for}
        Source.objects.update_or_create(key=key, defaults=names)
    bar = tqdm(total=path.stat().st_size, desc="Loading", unit="B", unit_scale=True, disable=None)
    with bar, open(path, "rb") as file:
        loaded = exchange.load([(path.name, file)], today=today, on_bytes=bar.update)
    if loaded.quarantined:
        raise CannotRun(
            f"{loaded.quarantined} of {loaded.read} invented lines in {path} were set aside, "
            f"which is a mistake in the demo. The staff pages would say why; please report it."
        )
    hold_checkups(today=today)
    masao = Resident.objects.filter(ref=MASAO.ref)
    reconcile_people(masao.values_list("pk", flat=True), today=today - facts.SILENT_FOR)
    run_sweep(day=today, worker="demo")


def hold_checkups(*, today: date):
    """Let the municipality hold the checkup of 3 and 4 months next month, as its calendar says."""
    CheckupCalendar.objects.update_or_create(
        municipality_id=facts.CHIYODA,
        checkup="3-4m",
        born_from=today - timedelta(days=110),
        defaults={
            "born_until": today - timedelta(days=90),
            "held_from": today + timedelta(days=8),
            "held_until": today + timedelta(days=22),
            "place": "千代田保健所（デモ）",
        },
    )


def let_sign_in(password: str):
    """Give everybody of the demo an account with this password, and staff their rights."""
    hashed = make_password(password)  # once: it is meant to be slow
    with transaction.atomic():
        for one in EVERYBODY:
            staff = one in STAFF
            rights = {"is_staff": staff, "is_superuser": one.superuser}
            user, _new = User.objects.update_or_create(
                email=one.email, defaults={"password": hashed, "language": one.language, **rights}
            )
            if staff and not one.superuser:
                user.groups.set(Group.objects.filter(name=one.group))
            if one.ref:
                Resident.objects.filter(ref=one.ref).update(user=user)


def enter_handbook(*, today: date):
    """Let Misaki enter of one child what differs from the municipal record; once.

    One dose has another date, and one the municipality does not have.
    """
    child = Resident.objects.get(ref=children.DIFFERENT)
    by = User.objects.get(email=MISAKI.email)
    first, *_others, last = Vaccination.objects.filter(resident=child, vaccine="PCV").order_by("on")
    doses = [
        enter.Dose(vaccine="PCV", on=first.on),
        enter.Dose(vaccine="PCV", on=last.on + timedelta(days=5), clinic=last.clinic),
        enter.Dose(vaccine="おたふくかぜ", on=last.on + timedelta(days=40), clinic=last.clinic),
    ]
    enter.enter_page(child=child, page=HANDBOOK, doses=doses, by=by, today=today)


def password_stands(password: str) -> bool:
    """Tell whether everybody can sign in with it; an earlier run may not have known all of them."""
    emails = [one.email for one in EVERYBODY]
    stored = dict(User.objects.filter(email__in=emails).values_list("email", "password"))
    return len(stored) == len(emails) and check_password(password, stored[PEOPLE[0].email])


def own_password(path: Path) -> str:
    """Return this checkout's password for everybody of the demo, made at the first start."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(easily_typed())
    return path.read_text().strip()


def easily_typed() -> str:
    """Return a random password of three invented words and a number, 51 bits: "kamota-…-417"."""
    words = ["".join(secrets.choice(SYLLABLES) for _ in range(3)) for _ in range(3)]
    return "-".join([*words, str(secrets.randbelow(900) + 100)])


def delete_everything():
    """Drop every table of the database that DATABASE_URL names."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")
