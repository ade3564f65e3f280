"""Every page that a resident can click to is in one language, whichever it is."""

import html
import re
from datetime import date, datetime

import pytest
from django.utils import timezone

from childcare.plan import replan
from portal.card.models import Certificate
from portal.residents.access_log import note_access
from portal.residents.models import Source
from tasks import acts
from tasks.models import Task
from tasks.reconcile import reconcile_people
from tests.childcare.factories import (
    BirthFactory,
    CheckupFactory,
    FamilyMeasurementFactory,
    FamilyVaccinationFactory,
    NotMineFactory,
    VaccinationFactory,
)
from tests.factories import (
    BenefitAccountFactory,
    CertificateFactory,
    GuardianshipFactory,
    InsuranceUseFactory,
    ResidentFactory,
    UserFactory,
)

TODAY = date(2027, 4, 22)  # 28 days before the certificates of the factories expire
LATIN = re.compile(r"[A-Za-z]{2,}.{0,20}")
KANA_OR_KANJI = re.compile(r"[\u3040-\u30ff\u3400-\u9fff].{0,20}")


@pytest.fixture(autouse=True)
def today(time_machine):
    time_machine.move_to(datetime(2027, 4, 22, 12, 0, tzinfo=timezone.get_default_timezone()))


@pytest.fixture
def resident(db):
    """A parent with something in every list, one fact too old, and a record that was opened."""
    parent = ResidentFactory(user=UserFactory(email="hanako@example.jp"))
    wardship = GuardianshipFactory(guardian=parent)
    CertificateFactory(resident=parent)
    CertificateFactory(resident=parent, type=Certificate.Type.SIGNATURE)
    CertificateFactory(resident=wardship.child, expires_on=date(2027, 4, 1))
    CertificateFactory(resident=parent, type=Certificate.Type.CARD, expires_on=date(2028, 1, 31))
    silent = InsuranceUseFactory(resident=parent)
    BenefitAccountFactory(resident=parent)
    InsuranceUseFactory(resident=wardship.child)
    two_children_with_records(wardship.child, parent)
    Source.objects.update(name="情報源", name_en="The source")
    note_access(resident=parent, by=UserFactory(), purpose="問い合わせ")
    people = [parent.pk, *parent.wardships.values_list("child", flat=True)]
    reconcile_people(people, today=TODAY)
    silent.stale_on = TODAY
    silent.save()
    reconcile_people(people, today=TODAY)
    put_off, reported = Task.objects.for_resident(parent).filter(due_on__gt=TODAY)[:2]
    act = {"resident": parent, "by": parent.user, "today": TODAY}
    acts.snooze(**act, task_id=put_off.pk, until=date(2027, 4, 30))
    acts.report_done(**act, task_id=reported.pk)
    return parent


def two_children_with_records(toddler, parent):
    """Give a toddler records of every kind, of which some differ, and a newborn without any."""
    BirthFactory(resident=toddler, sex="F", weight_g=2100, gestation_weeks=34, gestation_days=1)
    CheckupFactory(resident=toddler, checkup="18m", on=date(2026, 3, 2), height_cm="80.1")
    for vaccine, on in [("PCV", date(2024, 10, 1)), ("MR", date(2025, 8, 5))]:
        VaccinationFactory(resident=toddler, vaccine=vaccine, on=on)
    hidden = VaccinationFactory(resident=toddler, vaccine="BCG", on=date(2025, 1, 8))
    NotMineFactory(child=toddler, kind="vaccination", vaccination=hidden)
    for vaccine, on in [("PCV", date(2024, 10, 5)), ("HEPB", date(2024, 10, 2))]:
        FamilyVaccinationFactory(child=toddler, vaccine=vaccine, on=on)
    FamilyMeasurementFactory(child=toddler)
    newborn = GuardianshipFactory(guardian=parent, child__born=date(2027, 4, 12)).child
    replan([toddler.pk, newborn.pk], today=TODAY)


def pages_within_reach(client):
    """Return what every page says, by address, from the first page along the links."""
    waiting, read = ["/"], {}
    while waiting:
        address = waiting.pop()
        if address in read:
            continue
        response = client.get(address, follow=True)
        assert response.status_code == 200, address
        if not response["Content-Type"].startswith("text/html"):
            continue  # a file, for another program
        read[address] = page = response.content.decode()
        links = re.findall(r'href="(/[^"#]*)', page)
        waiting += [html.unescape(link) for link in links if not link.startswith("/static/")]
    return {address: said_by(page) for address, page in read.items()}


def said_by(page):
    """Return the words of a page, also those only read out; not what is marked as foreign."""
    [language] = re.findall(r'<html[^>]* lang="(\w+)"', page)
    page = re.sub(rf'<(\w+)[^>]* lang="(?!{language})\w+"[^>]*>.*?</\1>', " ", page, flags=re.S)
    read_out = re.findall(r'(?:aria-label|alt|title|placeholder)="([^"]*)"', page)
    page = re.sub(r"<(script|style).*?</\1>", " ", page, flags=re.S)
    return html.unescape(" ".join([re.sub(r"<[^>]*>", " ", page), *read_out]))


@pytest.mark.parametrize(
    ("language", "foreign", "allowed"),
    [
        # An address is an address in every language, and a rule's key a key; so is what browsers
        # call a setting of theirs, and some vaccines, standards and units have no other name.
        (
            "ja",
            LATIN,
            r"\S+@example\.jp|（ルール：[\w.-]+）|JavaScript|BCG|MR|DT|HPV|RS|WHO|FHIR|PDF|kg|cm",
        ),
        # A clerk's purpose is shown as it was written; the title of a child's page is its name.
        ("en", KANA_OR_KANJI, r"問い合わせ|山田 陽太(?= \| Annai)"),
    ],
)
def test_pages_are_in_one_language(client, resident, language, foreign, allowed):
    resident.user.language = language
    resident.user.save()
    client.force_login(resident.user)

    pages = pages_within_reach(client)

    assert len(pages) > 15
    found = {
        address: strange
        for address, said in pages.items()
        if (strange := foreign.findall(re.sub(allowed, "", said)))
    }
    assert found == {}
