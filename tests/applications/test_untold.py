"""Staff see which mails did not reach a resident, and why, and can try again."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from portal.applications import mails
from portal.applications.models import Notice
from portal.applications.tell import tell
from portal.applications.untold import try_again
from tests.applications.factories import SentApplicationFactory
from tests.applications.test_cases import QUEUE, clerk, deed
from tests.factories import MunicipalityFactory
from tests.reminders.conftest import mail_server

__all__ = ["mail_server"]

pytestmark = pytest.mark.django_db
LIST = "/staff/applications/notice/"
LONG_AGO = datetime(2026, 11, 1, tzinfo=UTC)


def ended(application, status="failed", why="550", **fields):
    return Notice.objects.create(
        resident=application.resident,
        application=application,
        status=status,
        why=why,
        ended_at=timezone.now(),
        **{"what": "decided", "owed_since": LONG_AGO, **fields},
    )


@pytest.fixture
def case(shipped):
    version = shipped.get(procedure__key="child-allowance")
    return SentApplicationFactory(
        version=version,
        answers={"main-earner": "me", "civil-servant": "no"},
        resident__email="taro@example.jp",
    )


@pytest.fixture
def elsewhere(case):
    MunicipalityFactory(code="131024", name="中央区", name_kana="チュウオウク")
    return SentApplicationFactory(version=case.version, municipality_id="131024")


def test_the_list_has_the_mails_given_up_of_the_own_office_with_the_reason(case, elsewhere):
    ended(case)
    ended(elsewhere)
    others = [
        SentApplicationFactory(version=case.version, receipt_number=f"A-2026-{status}")
        for status in ("sent", "skipped", "waiting")
    ]
    for other in others:
        ended(other, status=other.receipt_number[7:])

    shown = clerk().get(LIST).content.decode()

    assert f'<a href="{QUEUE}{case.uuid}/">{case.receipt_number}</a>' in shown
    assert "The mail server’s last answer: 550" in shown
    assert not any(one.receipt_number in shown for one in [*others, elsewhere])


def test_a_mail_tried_again_is_sent_once_under_its_own_id(case, mail_server):
    notice = ended(case)
    again = {"action": "again", "_selected_action": [notice.pk]}
    client = clerk()

    said = client.post(LIST, again, follow=True).content.decode()
    client.post(LIST, again)
    assert "1 mail is sent again within minutes." in said

    assert mails.send_due(until=lambda: False) == 1
    [mail] = mail_server.accepted
    notice.refresh_from_db()
    assert (notice.status, notice.why) == ("sent", "")
    assert str(notice.uuid) in mail["Message-ID"]


def test_what_the_server_still_does_not_take_is_tried_for_three_days_anew(case, mail_server):
    notice = ended(case)
    assert try_again(notice) and not try_again(notice)
    mail_server.after_data.append("451 later")
    mails.send_due(until=lambda: False)

    notice.refresh_from_db()
    assert notice.status == "waiting"


@pytest.mark.parametrize("status", ["sent", "skipped", "waiting"])
def test_nothing_else_is_tried_again(case, status):
    notice = ended(case, status=status)

    assert not try_again(notice)


def test_a_mail_of_another_office_is_not_tried_again(case, elsewhere):
    notice = ended(elsewhere)
    clerk().post(LIST, {"action": "again", "_selected_action": [notice.pk]})

    notice.refresh_from_db()
    assert notice.status == "failed"


def test_who_does_not_work_on_cases_sees_no_list(case, client):
    user = clerk().user
    user.user_permissions.clear()
    client.force_login(user)

    assert client.get(LIST).status_code == 403


@pytest.mark.parametrize(
    ("status", "why", "said", "again"),
    [
        ("failed", "550", "The mail server’s last answer: 550", True),
        ("failed", "", "The mail server did not take it.", True),
        ("skipped", "no-address", "No address is known.", False),
        ("skipped", "mail-off", "The resident wants no mail.", False),
    ],
)
def test_the_case_says_that_the_resident_could_not_be_told(case, status, why, said, again):
    ended(case, status=status, why=why)
    client = clerk()

    shown = client.get(f"{QUEUE}{case.uuid}/").content.decode()
    assert "The resident could not be told by mail" in shown and said in shown
    assert ("/tell-again/" in shown) == again

    deed(client, case, "tell-again")
    assert Notice.objects.get().status == ("waiting" if again else status)


def test_once_a_later_mail_was_sent_the_case_says_nothing_of_it(case):
    ended(case)
    ended(case, status="sent", why="", owed_since=timezone.now())

    shown = clerk().get(f"{QUEUE}{case.uuid}/").content.decode()
    assert "could not be told" not in shown


def test_a_mail_that_is_owed_is_not_called_untold(case):
    tell(case, Notice.About.DECIDED)

    shown = clerk().get(f"{QUEUE}{case.uuid}/").content.decode()
    assert "could not be told" not in shown


@pytest.mark.parametrize("many", [1, 40])
def test_the_list_asks_the_database_as_often_at_any_size(case, django_assert_max_num_queries, many):
    for _number in range(many):
        ended(SentApplicationFactory(version=case.version))
    client = clerk()
    client.get(LIST)

    with django_assert_max_num_queries(8):
        client.get(LIST)
