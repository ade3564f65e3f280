"""A resident's record opens for a stated purpose only, and the resident can see who looked."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.utils import timezone

from portal.residents.models import FactReport, RecordAccess
from tests.factories import CertificateFactory, ResidentFactory, UserFactory
from tests.staff.conftest import PURPOSE, open_record


def record(resident):
    return f"/staff/residents/resident/{resident.uuid}/"


def test_without_a_purpose_nothing_of_the_record_is_shown(client, office, superuser):
    client.force_login(superuser)

    page = client.get(record(office.resident)).content.decode()

    assert "Reason or case number" in page
    assert "山田 花子" not in page
    assert "S-77" not in page
    assert not RecordAccess.objects.exists()


def test_with_a_purpose_each_section_is_shown(client, office, help_desk):
    client.force_login(help_desk)

    page = open_record(client, office.resident).content.decode()

    for expected in [
        "山田 花子",
        "R2",  # the child
        "S-77",  # the certificate, and its report
        "Not registered",
        "Renew the electronic certificate for identity verification",
        "dates changed",  # the event
        "expires_on: 2027-05-20",  # the history
        "hanako@example.jp",
    ]:
        assert expected.lower() in page.lower(), expected


def test_of_a_child_the_guardians_tasks_are_shown(client, office, help_desk):
    client.force_login(help_desk)

    page = open_record(client, office.child).content.decode()

    assert "Register the card for use as health insurance card" in page
    assert record(office.resident) in page


def test_each_look_is_a_row_with_its_purpose(client, office, help_desk):
    client.force_login(help_desk)

    open_record(client, office.resident)
    client.get(record(office.resident))

    rows = RecordAccess.objects.filter(resident=office.resident)
    assert list(rows.values_list("by", "purpose")) == [(help_desk.pk, PURPOSE)] * 2


def test_a_purpose_is_for_one_resident(client, office, help_desk):
    client.force_login(help_desk)
    open_record(client, office.resident)

    page = client.get(record(office.child)).content.decode()

    assert "Reason or case number" in page
    assert not RecordAccess.objects.filter(resident=office.child).exists()


def test_a_purpose_is_for_one_person_of_the_staff(client, office, help_desk, superuser):
    client.force_login(help_desk)
    open_record(client, office.resident)

    client.force_login(superuser)

    assert "Reason or case number" in client.get(record(office.resident)).content.decode()


@pytest.mark.parametrize(("minutes", "asked_again"), [(29, False), (31, True)])
def test_a_purpose_holds_for_half_an_hour(client, office, help_desk, minutes, asked_again):
    client.force_login(help_desk)
    open_record(client, office.resident)

    with time_machine.travel(timezone.now() + timedelta(minutes=minutes)):
        page = client.get(record(office.resident)).content.decode()

    assert ("Reason or case number" in page) is asked_again


@pytest.mark.parametrize(
    ("purpose", "sentence"),
    [
        ("", "This field is required"),
        ("abc", "at least 4 characters"),
        ("a" * 201, "at most 200 characters"),
        ("about 1234 5678 9018", "may be a My Number"),
    ],
)
def test_a_purpose_that_says_nothing_or_too_much_is_refused(
    client, office, help_desk, purpose, sentence
):
    client.force_login(help_desk)

    page = open_record(client, office.resident, purpose).content.decode()

    assert sentence in page
    assert not RecordAccess.objects.exists()


def test_sections_are_shown_by_permission(client, office):
    clerk = UserFactory(is_staff=True, language="en", password=None)
    clerk.user_permissions.add(Permission.objects.get(codename="view_resident"))
    client.force_login(clerk)

    page = open_record(client, office.resident).content.decode()

    assert "山田 花子" in page
    assert "S-77" not in page
    assert "Renew the electronic certificate" not in page


def test_the_record_takes_the_same_queries_with_few_rows_and_with_many(
    client, office, help_desk, django_assert_num_queries
):
    client.force_login(help_desk)
    open_record(client, office.resident)
    with django_assert_num_queries(38) as few:
        client.get(record(office.resident))
    for number in range(30):
        CertificateFactory(resident=office.resident, current=False)
        FactReport.objects.create(
            resident=office.resident,
            kind="account",
            source=office.resident.source,
            checked_at=office.resident.checked_at + timedelta(hours=number),
            value={"status": "registered"},
        )

    with django_assert_num_queries(len(few)):
        client.get(record(office.resident))


def test_a_long_history_has_pages(client, office, help_desk):
    client.force_login(help_desk)
    FactReport.objects.bulk_create(
        FactReport(
            resident=office.resident,
            kind="account",
            key=f"report {number}",
            source=office.resident.source,
            checked_at=office.resident.checked_at + timedelta(hours=number),
            value={},
        )
        for number in range(1, 102)
    )

    first = open_record(client, office.resident).content.decode()
    second = client.get(record(office.resident) + "?page=2").content.decode()

    assert "report 101" in first
    assert "report 1<" not in first
    assert "report 1<" in second


class TestLinkingASignIn:
    @pytest.fixture
    def clerk(self, client, office, help_desk):
        help_desk.user_permissions.add(Permission.objects.get(codename="link_sign_in"))
        client.force_login(help_desk)
        return help_desk

    def link(self, client, resident, email):
        open_record(client, resident)
        return client.post(record(resident) + "sign-in/", {"email": email}, follow=True)

    def test_an_account_is_linked_and_the_deed_is_logged_without_a_name(
        self, client, office, clerk
    ):
        account = UserFactory(email="yota@example.jp", password=None)

        self.link(client, office.child, "Yota@example.jp")

        office.child.refresh_from_db()
        assert office.child.user == account
        entry = LogEntry.objects.get()
        assert (entry.user, entry.object_repr) == (clerk, "R2")

    def test_an_empty_address_takes_the_sign_in_away(self, client, office, clerk):
        self.link(client, office.resident, "")

        office.resident.refresh_from_db()
        assert office.resident.user is None

    @pytest.mark.parametrize(
        ("email", "sentence"),
        [
            ("nobody@example.jp", "No account has this address"),
            ("hanako@example.jp", "already signs in as another resident"),
            ("no address", "Enter a valid email address"),
        ],
    )
    def test_an_account_that_cannot_be_linked_is_said(self, client, office, clerk, email, sentence):
        answer = self.link(client, office.child, email)

        office.child.refresh_from_db()
        assert sentence in answer.content.decode()
        assert office.child.user is None

    def test_without_a_purpose_nothing_is_linked(self, client, office, clerk):
        client.post(record(office.resident) + "sign-in/", {"email": ""})

        office.resident.refresh_from_db()
        assert office.resident.user is not None

    def test_without_the_permission_it_is_refused(self, client, office, help_desk):
        client.force_login(help_desk)
        page = open_record(client, office.resident).content.decode()

        answer = client.post(record(office.resident) + "sign-in/", {"email": ""})

        assert answer.status_code == 403
        assert "Link a sign-in" not in page


class TestFinding:
    @pytest.fixture(autouse=True)
    def signed_in(self, client, office, help_desk):
        client.force_login(help_desk)
        ResidentFactory(ref="R10", name="山本 一郎", name_kana="ヤマモト イチロウ")

    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ("R1", {"R1"}),
            ("r1", set()),
            ("山田", {"R1", "R2"}),
            ("山", {"R1", "R2", "R10"}),
            ("山田 花", {"R1"}),
            ("山田　花", {"R1"}),
            ("ヤマ", {"R1", "R10"}),
            ("やまもと", {"R10"}),
            ("ﾔﾏﾓﾄ", {"R10"}),
            ("花子", set()),
            ("山%", set()),
        ],
    )
    def test_by_the_exact_id_or_how_the_name_begins(self, client, asked, found):
        answer = client.get("/staff/residents/resident/", {"q": asked})

        assert {person.ref for person in answer.context["cl"].result_list} == found

    @pytest.mark.parametrize(
        ("municipality", "count"),
        [("131016", 3), ("千代田区", 3), ("札幌市", 0), ("999999", 0), ("\0", 3)],
    )
    def test_by_municipality(self, client, municipality, count):
        answer = client.get("/staff/residents/resident/", {"municipality": municipality})

        assert answer.context["cl"].result_count == count

    def test_the_list_names_no_fact_but_the_persons_own(self, client):
        page = client.get("/staff/residents/resident/").content.decode()

        assert "山田 花子" in page
        assert "hanako@example.jp" not in page
        assert "registered" not in page.lower().replace("register's", "")

    def test_the_list_counts_no_further_than_it_shows(self, client, django_assert_num_queries):
        with django_assert_num_queries(7) as queries:
            client.get("/staff/residents/resident/")

        statements = [query["sql"] for query in queries.captured_queries]
        counts = [one for one in statements if "COUNT(" in one and "residents_resident" in one]
        assert len(counts) == 1
        assert "LIMIT 1000" in counts[0]
