"""Staff see both records side by side, and say yes or no; the person sees that they looked."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from portal.exchange.merges import alarms, one_person
from portal.exchange.merges.group import GROUP
from portal.exchange.models import Merge
from portal.residents.models import RecordAccess, Resident
from tests.exchange.facts import account, load_lines, resident
from tests.exchange.test_one_person import WHY, at, person, row, say_merged, two
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
LIST = "admin:exchange_merge_changelist"


def clerk(office="131016", language="en"):
    user = UserFactory(is_staff=True, language=language)
    user.groups.add(Group.objects.get(name=GROUP))
    user.offices.create(municipality_id=office)
    return user


def browser_of(user, language="en"):
    client = Client(headers={"Accept-Language": language})
    client.force_login(user)
    return client


def page_of(ref="A", deed="change"):
    return reverse(f"admin:exchange_merge_{deed}", args=[row(ref).uuid])


def test_who_waits_is_listed_by_the_registers_ids_alone():
    two()

    shown = browser_of(clerk()).get(reverse(LIST)).content.decode()

    assert page_of("A") in shown
    assert "山田 花子" not in shown
    elsewhere = browser_of(clerk("011002"))
    assert page_of("A") not in elsewhere.get(reverse(LIST)).content.decode()
    assert elsewhere.get(page_of("A")).status_code == 404
    assert elsewhere.post(page_of("A", "yes"), {"why": WHY}).status_code == 404


def test_who_waits_for_a_second_yes_stands_on_top():
    two()
    load_lines(
        *(resident(ref, name="高橋 一", checked_at=at(2)) for ref in ("C", "D")),
        resident("C", name="高橋 一郎", merged_into="D", checked_at=at(4)),
    )
    client = browser_of(clerk())
    assert listed(client) == ["A", "C"]

    client.post(page_of("C", "yes"), {"why": WHY})

    assert listed(client) == ["C", "A"]
    assert "waits for a second person’s yes" in client.get(reverse(LIST)).content.decode()


def listed(client):
    return [one.ref for one in client.get(reverse(LIST)).context["page"]]


def test_both_stand_side_by_side_with_what_differs_in_words():
    two(account("A"), name_kana="ヤマダ ハナコ")
    load_lines(resident("B", name="佐藤 花子", name_kana="サトウ ハナコ", checked_at=at(3)))
    user = clerk()

    shown = browser_of(user).get(page_of()).content.decode()

    assert shown.count("<strong>different</strong>") == 2
    assert "A second person has to say yes" not in shown
    assert "names, kana or dates of birth differ: a second person has to say yes too" in shown
    for text in (
        "山田 花子",
        "佐藤 花子",
        "Former names",
        "State by the register",
        "It can’t be undone",
    ):
        assert text in shown
    noted = RecordAccess.objects.filter(by=user, what="merge", purpose="merge")
    assert {one.resident.ref for one in noted} == {"A", "B"}
    assert {one.office_id for one in noted} == {"131016"}


def test_a_yes_wants_a_reason_and_makes_one_person():
    two(account("A"))
    client = browser_of(clerk())

    wrong = client.post(page_of(deed="yes"), {"why": " "})
    assert wrong.status_code == 422
    assert 'id="yes_why"' in wrong.content.decode()
    assert '<a href="#yes_why">' in wrong.content.decode()
    assert '<a href="#no_why">' in client.post(page_of(deed="no"), {}).content.decode()
    assert person("A") == row("A")
    answer = client.post(page_of(deed="yes"), {"why": WHY}, follow=True)

    assert person("A") == row("B")
    shown = answer.content.decode()
    assert "They are one person now." in shown
    assert "reports: 1" in shown
    assert page_of() in client.get(reverse("admin:exchange_merge_decided")).content.decode()
    again = client.post(page_of(deed="yes"), {"why": WHY}, follow=True).content.decode()
    assert "Somebody else has decided meanwhile." in again


def test_a_second_person_agrees_on_the_page():
    two()
    load_lines(resident("B", checked_at=at(3), name="佐藤 花子"))
    first, second = clerk(), clerk()

    shown = browser_of(first).post(page_of(deed="yes"), {"why": WHY}, follow=True)
    assert "A second person has to say yes" in shown.content.decode()
    assert "Yes, they are one person" not in shown.content.decode()
    assert "Nothing is merged until a colleague opens this page" in shown.content.decode()
    browser_of(first).post(page_of(deed="agree"))
    assert person("A") == row("A")
    asked = browser_of(second).get(page_of()).content.decode()
    assert "Yes, they are one person" in asked
    assert "It can’t be undone" in asked  # what the second person agrees to
    browser_of(second).post(page_of(deed="agree"))
    assert "There was nothing to move." in browser_of(second).get(page_of()).content.decode()

    assert person("A") == row("B")
    assert Merge.objects.get().second == second


def test_a_no_wants_a_reason():
    two()
    client = browser_of(clerk())

    assert client.post(page_of(deed="no"), {"why": ""}).status_code == 422
    shown = client.post(page_of(deed="no"), {"why": "two people"}, follow=True).content.decode()

    assert "They stay two records." in shown
    assert list(one_person.waiting()) == []
    assert page_of(deed="no") not in shown
    assert "merge it?" not in shown
    assert page_of(deed="yes") in shown

    load_lines(resident("A", checked_at=at(8)))
    load_lines(resident("A", merged_into="B", checked_at=at(9)))
    shown = client.get(page_of()).content.decode()
    assert page_of(deed="no") in shown
    assert "merge it?" in shown


def test_a_yes_after_a_no_waits_for_the_second_person_like_any():
    two()
    load_lines(resident("B", checked_at=at(3), name="佐藤 花子"))
    first, second = browser_of(clerk()), browser_of(clerk())
    first.post(page_of(deed="no"), {"why": "two people"})
    assert listed(first) == []

    first.post(page_of(deed="yes"), {"why": WHY})

    assert listed(second) == ["A"]
    assert page_of(deed="no") in second.get(page_of()).content.decode()
    second.post(page_of(deed="agree"))
    assert person("A") == row("B")


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_reference_that_nobody_has_reported_gets_no_yes(language):
    load_lines(resident("A", merged_into="Z"))

    shown = browser_of(clerk(language=language), language).get(page_of()).content.decode()

    assert page_of(deed="yes") not in shown
    assert "Z" in shown


def test_who_may_only_look_decides_nothing():
    two()
    user = UserFactory(is_staff=True)
    for deed in ("yes", "no", "agree"):
        assert browser_of(user).post(page_of(deed=deed), {"why": WHY}).status_code == 403
    assert browser_of(user).get(page_of()).status_code == 403
    assert not Merge.objects.exists()


def test_the_first_page_counts_those_of_the_own_office():
    two()
    user, other = clerk(), clerk("011002")

    [alarm] = alarms.of_merges(timezone.now(), user)

    with translation.override("en"):
        [alarm] = alarms.of_merges(timezone.now(), user)
    assert alarm.what == ("The register says of 1 record that another stands for the same person.")
    assert alarm.url == reverse(LIST)
    assert list(alarms.of_merges(timezone.now(), other)) == []


def test_the_person_sees_who_looked_at_either_record():
    two()
    say_merged()
    browser_of(clerk()).post(page_of(deed="yes"), {"why": WHY}, follow=True)
    user = UserFactory(language="en")
    Resident.objects.filter(ref="B").update(user=user)
    client = browser_of(user)

    shown = client.get(reverse("tasks:access-log")).content.decode()

    assert shown.count("see whether two records are one person") == 2
    assert shown.count("in your other record, which is one with this now") == 1
    ask = f"{reverse('tasks:ask-access', args=[1])}?record={row('A').uuid}"
    assert ask in shown
    assert client.post(ask, {"text": "Why?"}).status_code == 302
    assert "You asked on" in client.get(reverse("tasks:access-log")).content.decode()
    other = f"{reverse('tasks:ask-access', args=[1])}?record={row('B').uuid}"
    assert client.get(other).status_code == 404


def test_a_record_names_what_was_merged_into_it():
    two()
    client = browser_of(UserFactory(is_staff=True, is_superuser=True, language="en"))
    client.post(page_of(deed="yes"), {"why": WHY})

    for ref in "AB":
        record = reverse("admin:residents_resident_change", args=[row(ref).uuid])
        client.post(record, {"purpose": "question by telephone"})
        shown = client.get(record).content.decode()
        assert "Merged records" in shown
        assert WHY in shown


def test_as_many_statements_for_many_who_wait_as_for_few(statements):
    client = browser_of(clerk())

    def asked():
        client.get(reverse(LIST))
        del statements[:]
        assert client.get(reverse(LIST)).status_code == 200
        return len(statements)

    two()
    few = asked()
    load_lines(*(resident(f"X{n}", merged_into="B") for n in range(60)))
    assert asked() == few


@pytest.mark.parametrize(
    ("language", "called"), [("ja", "東京都千代田区"), ("en", "東京都千代田区 (Chiyoda, Tokyo)")]
)
def test_municipalities_are_called_as_the_reader_knows_them(language, called):
    two()
    client = browser_of(clerk(language=language), language)

    for shown in (client.get(reverse(LIST)), client.get(page_of("A"))):
        assert f"<td>{called}</td>" in shown.content.decode()
