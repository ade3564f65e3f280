"""What a resident finds on the pages."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from portal.card.models import Certificate, InsuranceUse
from portal.residents.access_log import note_access
from portal.residents.models import Source
from tasks import acts, versions
from tasks.models import Task
from tasks.reconcile import reconcile_people
from tasks.rules import registry
from tests.factories import (
    BenefitAccountFactory,
    CertificateFactory,
    GuardianshipFactory,
    InsuranceUseFactory,
    ResidentFactory,
    UserFactory,
)
from tests.tasks.changed_rules import change, other_code

pytestmark = pytest.mark.django_db

TODAY = date(2027, 4, 22)  # 28 days before the certificate of the factories expires
RENEWAL = registry["card.user-authentication-renewal"]
INSURANCE = registry["card.insurance-use"]


@pytest.fixture(autouse=True)
def today(time_machine):
    time_machine.move_to(datetime(2027, 4, 22, 22, 30, tzinfo=timezone.get_default_timezone()))


@pytest.fixture
def hanako():
    return ResidentFactory(user=UserFactory(language="en"))


@pytest.fixture
def visit(client, hanako):
    """Open an address as Hanako."""
    client.force_login(hanako.user)
    return client.get


def open_tasks(*people):
    reconcile_people([person.pk for person in people], today=TODAY)


def task_of(resident, rule):
    return Task.objects.get(resident=resident, rule_id=rule.id)


def address(name, task):
    return reverse(f"tasks:{name}", args=[task.pk])


# ---- home


def test_home_counts_what_there_is_to_do(visit, hanako):
    CertificateFactory(resident=hanako)
    InsuranceUseFactory(resident=hanako)
    open_tasks(hanako)

    response = visit("/")

    assertContains(response, "To do: 2</h1>")


def test_home_opens_in_japanese(client):
    resident = ResidentFactory(user=UserFactory())
    client.force_login(resident.user)

    assertContains(client.get("/"), "やること 0件</h1>")


@pytest.mark.parametrize(
    ("expires_on", "said"),
    [
        (date(2027, 7, 20), "By 20 July 2027 (Tue)"),
        (date(2027, 6, 20), "By 20 June 2027 (Sun) (59 days left)"),
        (date(2027, 5, 23), "By 23 May 2027 (Sun) (31 days left)"),
        (date(2027, 5, 22), "Urgent By 22 May 2027 (Sat) (30 days left)"),
        (date(2027, 4, 23), "Urgent By 23 April 2027 (Fri) (1 day left)"),
        (date(2027, 4, 22), "Urgent By 22 April 2027 (Thu) (today)"),
        (date(2027, 4, 21), "The date has passed 21 April 2027 (Wed)"),
    ],
)
def test_a_card_begins_with_its_date_in_words(visit, hanako, expires_on, said):
    CertificateFactory(resident=hanako, expires_on=expires_on)
    open_tasks(hanako)

    assert card_texts(visit("/")) == [f"{said} {RENEWAL.title} {RENEWAL.where} {RENEWAL.cost}"]


@pytest.fixture
def urgent_later(db):
    """The renewal is urgent until three months after it is due; in force before anybody lives."""
    with other_code():
        change(RENEWAL.key, urgent_until="insurance_proof_until")
        versions.record()
        yield


@pytest.mark.parametrize(
    ("expires_on", "said"),
    [
        (date(2027, 4, 23), "By 23 April 2027 (Fri) (1 day left)"),
        (date(2027, 4, 21), "Still possible, best by 21 April 2027 (Wed)"),
        (date(2027, 2, 22), "Urgent Still possible, best by 22 February 2027 (Mon)"),
    ],
)
def test_a_card_says_that_it_is_urgent_though_its_date_has_passed(
    urgent_later, visit, hanako, expires_on, said
):
    CertificateFactory(resident=hanako, expires_on=expires_on)
    open_tasks(hanako)

    [card] = card_texts(visit("/"))

    assert card.startswith(f"{said} {RENEWAL.title}")


def card_texts(response):
    """Return the text of each card, its markup left out."""
    cards = response.content.decode().split('<li class="card')[1:]
    insides = [card.partition(">")[2].partition("</li>")[0] for card in cards]
    without_tags = [re.sub(r"<[^>]*>", " ", inside) for inside in insides]
    return [" ".join(text.split()) for text in without_tags]


def test_urgent_tasks_come_first_and_the_undated_last(visit, hanako):
    BenefitAccountFactory(resident=hanako)
    CertificateFactory(resident=hanako, type=Certificate.Type.SIGNATURE, expires_on="2027-07-01")
    CertificateFactory(resident=hanako)
    open_tasks(hanako)

    titles = [person["rule"].title for person in listed(visit("/"))]

    assert titles == [
        RENEWAL.title,
        registry["card.benefit-account"].title,
        registry["card.signature-renewal"].title,
    ]


def listed(response):
    return [vars(item) for person in response.context["inbox"].people for item in person.items]


def test_a_childs_tasks_stand_under_the_childs_name_and_age(visit, hanako):
    child = GuardianshipFactory(guardian=hanako).child
    InsuranceUseFactory(resident=child)
    open_tasks(child)

    assertContains(visit("/"), '<span lang="ja">山田 陽太</span> (age 2)')


def test_a_child_with_something_urgent_stands_before_oneself_without(visit, hanako):
    child = GuardianshipFactory(guardian=hanako).child
    InsuranceUseFactory(resident=hanako)
    CertificateFactory(resident=child)
    open_tasks(hanako, child)

    people = visit("/").context["inbox"].people

    assert [person.about for person in people] == [child, hanako]


def test_every_task_that_is_counted_is_listed(visit, hanako):
    guardianship = GuardianshipFactory(guardian=hanako)
    InsuranceUseFactory(resident=guardianship.child)
    open_tasks(guardianship.child)
    guardianship.delete()  # and nobody has reconciled yet

    response = visit("/")

    assertContains(response, "To do: 1</h1>")
    assert len(card_texts(response)) == 1


def test_nothing_to_do_says_what_comes_next_and_when(visit, hanako):
    CertificateFactory(resident=hanako, expires_on=date(2027, 11, 20))
    open_tasks(hanako)

    response = visit("/")

    assertContains(response, "Nothing to do now.")
    assertContains(response, 'On <time datetime="2027-08-21">21 August 2027 (Sat)</time> we will')
    assertContains(response, '<time datetime="2027-08">August 2027</time></h3>')


def test_nothing_known_says_what_will_appear(visit):
    response = visit("/")

    assertContains(response, "When something has to be done, for example before a certificate")
    assertContains(response, "nothing new comes in the next 12 months")


@pytest.mark.parametrize(
    ("act", "heading"),
    [
        (acts.report_done, "Waiting for the office: 1"),
        (acts.dismiss, "Put off or not now: 1"),
    ],
)
def test_what_was_acted_on_leaves_the_list_and_is_found_in_another(visit, hanako, act, heading):
    InsuranceUseFactory(resident=hanako)
    open_tasks(hanako)
    task = task_of(hanako, INSURANCE)
    act(resident=hanako, task_id=task.pk, by=hanako.user, today=TODAY)

    response = visit("/")

    assertContains(response, "To do: 0</h1>")
    assertContains(response, heading)
    assertContains(response, f'action="{address("undo", task)}"')


@pytest.mark.parametrize(("days_ago", "shown"), [(0, True), (30, True), (31, False)])
def test_done_tasks_are_marked_done_for_thirty_days(visit, hanako, days_ago, shown):
    InsuranceUseFactory(resident=hanako)
    ended_on = TODAY - timedelta(days=days_ago)
    reconcile_people([hanako.pk], today=ended_on)
    InsuranceUse.objects.update(status="registered")
    reconcile_people([hanako.pk], today=ended_on)

    response = visit("/")

    assert ("Done in the last 30 days" in response.content.decode()) is shown


def test_a_silent_source_hides_nothing_and_is_named_with_its_last_check(visit, hanako):
    InsuranceUseFactory(resident=hanako)
    reconcile_people([hanako.pk], today=date(2026, 11, 20))
    InsuranceUse.objects.update(stale_on=TODAY)
    open_tasks(hanako)

    response = visit("/")

    assertContains(response, "To do: 1</h1>")
    assertContains(response, 'Not checked since <time datetime="2026-11-01">1 November</time>')


# ---- the set-up picture


def test_the_picture_counts_what_is_done(visit, hanako):
    CertificateFactory(resident=hanako, expires_on=date(2029, 1, 1))
    InsuranceUseFactory(resident=hanako, status="registered")
    BenefitAccountFactory(resident=hanako)
    open_tasks(hanako)

    response = visit("/")

    assertContains(response, "Getting set up: 2 of 3 done")
    assert [step.state for step in response.context["inbox"].steps] == ["done", "done", "to-do"]


def test_the_picture_shows_what_is_being_confirmed_and_what_is_not_known(visit, hanako):
    InsuranceUseFactory(resident=hanako, stale_on=TODAY)
    BenefitAccountFactory(resident=hanako)
    open_tasks(hanako)
    account = Task.objects.get(resident=hanako)
    acts.report_done(resident=hanako, task_id=account.pk, by=hanako.user, today=TODAY)

    steps = visit("/").context["inbox"].steps

    assert [step.state for step in steps] == ["unknown", "reported"]


@pytest.mark.parametrize("settled_by", ["the source", "putting it away"])
def test_the_picture_goes_away_once_all_is_settled(visit, hanako, settled_by):
    BenefitAccountFactory(resident=hanako, status="registered")
    InsuranceUseFactory(resident=hanako)
    open_tasks(hanako)
    if settled_by == "the source":
        InsuranceUse.objects.update(status="registered")
        open_tasks(hanako)
    else:
        task = task_of(hanako, INSURANCE)
        acts.dismiss(resident=hanako, task_id=task.pk, by=hanako.user, today=TODAY)

    assertNotContains(visit("/"), "Getting set up")


def test_nobody_without_a_card_is_shown_the_picture(visit):
    assertNotContains(visit("/"), "Getting set up")


# ---- a task's page


def test_a_task_says_what_why_where_and_what_if_not(visit, hanako):
    Source.objects.create(key="jpki", name="J-LIS（公的個人認証）", name_en="J-LIS")
    CertificateFactory(resident=hanako)
    open_tasks(hanako)

    response = visit(address("task", task_of(hanako, RENEWAL)))

    for text in (
        "The electronic certificate for identity verification on the card expires on 20 May 2027",
        "you can renew it since 21 February 2027 (Sun).",
        'J-LIS: checked on <time datetime="2026-11-01">',
        "A new certificate is issued and reported to this portal.",
        "After 20 May 2027 (Thu) you can no longer sign in",
        "its 4-digit PIN",
        "東京都千代田区",
        "Your municipality decides",
    ):
        assertContains(response, text)


def test_after_the_date_a_task_says_what_no_longer_works(visit, hanako):
    CertificateFactory(resident=hanako, expires_on=date(2027, 4, 1))
    open_tasks(hanako)

    response = visit(address("task", task_of(hanako, RENEWAL)))

    assertContains(response, "The certificate expired on 1 April 2027 (Thu).")
    assertContains(response, "until 1 July 2027 (Thu), without medical records")
    assertNotContains(response, "If you do not do this")
    assertNotContains(response, "Remind me later")


def test_not_now_is_offered_only_where_that_is_lawful(visit, hanako):
    CertificateFactory(resident=hanako)
    InsuranceUseFactory(resident=hanako)
    open_tasks(hanako)

    assertNotContains(visit(address("task", task_of(hanako, RENEWAL))), "Not now")
    assertContains(visit(address("task", task_of(hanako, INSURANCE))), "Not now")


def test_the_other_guardians_report_is_shown(visit, hanako):
    child = GuardianshipFactory(guardian=hanako).child
    other = GuardianshipFactory(child=child, guardian__user=UserFactory()).guardian
    InsuranceUseFactory(resident=child)
    open_tasks(child)
    theirs = task_of(other, INSURANCE)
    acts.report_done(resident=other, task_id=theirs.pk, by=other.user, today=TODAY)

    response = visit(address("task", task_of(hanako, INSURANCE)))

    assertContains(response, "The other guardian said on")


def test_an_ended_task_offers_nothing_to_do(visit, hanako):
    InsuranceUseFactory(resident=hanako)
    open_tasks(hanako)
    task = task_of(hanako, INSURANCE)
    InsuranceUse.objects.all().delete()
    open_tasks(hanako)

    response = visit(address("task", task))

    assertContains(response, "There is nothing left to do.")
    assertNotContains(response, "I have done this")
    assertNotContains(response, "Undo")


def test_a_foreign_task_is_the_same_404_as_a_missing_one(visit, hanako):
    other = ResidentFactory(user=UserFactory())
    InsuranceUseFactory(resident=other)
    open_tasks(other)
    foreign = task_of(other, INSURANCE)

    found, missing = visit(address("task", foreign)), visit("/tasks/999999999/")

    assert found.status_code == missing.status_code == 404
    without_address = [
        response.content.decode().replace(response.wsgi_request.path, "")
        for response in (found, missing)
    ]
    assert strip_tokens(without_address[0]) == strip_tokens(without_address[1])


def strip_tokens(html):
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", html)


@pytest.mark.parametrize("number", [0, 2**31, 2**63, 10**30])
def test_any_number_for_a_task_is_a_404(visit, number):
    assert visit(f"/tasks/{number}/").status_code == 404


# ---- why


def test_why_finds_a_rule_by_a_word_of_its_name(visit):
    response = visit("/why/", {"q": "INSURANCE　card"})

    assertContains(response, INSURANCE.title)
    assertNotContains(response, RENEWAL.title)


def test_why_says_when_nothing_is_called_so_and_escapes_it(visit):
    assertContains(visit("/why/", {"q": "<b>"}), "Nothing here is called “&lt;b&gt;”.")


def test_why_not_begins_with_the_reason(visit, hanako):
    CertificateFactory(resident=hanako, expires_on=date(2027, 11, 20))

    response = visit(f"/why/{RENEWAL.key}/")

    assertContains(
        response,
        "You do not see this: It expires on 20 November 2027 (Sat); you can renew it from "
        "21 August 2027 (Sat).",
    )
    assertContains(response, RENEWAL.to_correct)


def test_why_says_what_is_not_known_and_since_when(visit, hanako):
    InsuranceUseFactory(resident=hanako, stale_on=TODAY)

    response = visit(f"/why/{INSURANCE.key}/")

    assertContains(response, "It is not known whether you should see this:")
    assertContains(response, 'not checked since <time datetime="2026-11-01">')


def test_why_leads_to_the_task_that_is_there(visit, hanako):
    InsuranceUseFactory(resident=hanako)
    open_tasks(hanako)

    response = visit(f"/why/{INSURANCE.key}/")

    assertContains(response, f'href="{address("task", task_of(hanako, INSURANCE))}"')


def test_why_answers_for_each_child_too(visit, hanako):
    child = GuardianshipFactory(guardian=hanako).child
    InsuranceUseFactory(resident=child, status="registered")

    response = visit(f"/why/{INSURANCE.key}/")

    assert [one.about for one, _task in response.context["answers"]] == [hanako, child]


def test_an_unknown_rule_is_a_404(visit):
    assert visit("/why/card.nothing/").status_code == 404


# ---- the other pages


def test_who_looked_lists_each_access_with_its_purpose(visit, hanako):
    clerk = UserFactory(email="clerk@example.jp")
    note_access(resident=hanako, by=clerk, office=hanako.municipality, purpose="call 2027-311")

    shown = visit("/who-looked/")
    assertContains(shown, "東京都千代田区")
    assertContains(shown, "call 2027-311")
    # The office answers for it, not a person (docs/adr/0015).
    assertNotContains(shown, "clerk@example.jp")


def test_who_looked_shows_nobody_elses_list(visit):
    note_access(resident=ResidentFactory(), by=UserFactory(), purpose="call")

    assertContains(visit("/who-looked/"), "Nobody has opened your record so far.")


@pytest.mark.parametrize("accesses", [1, 120])
def test_who_looked_is_read_by_day_and_page_with_as_many_queries_at_any_length(
    visit, hanako, django_assert_max_num_queries, accesses
):
    clerk = UserFactory()
    for number in range(accesses):
        note_access(
            resident=hanako,
            by=clerk,
            office=hanako.municipality,
            purpose=f"call {number}.",
            at=datetime(2027, 3, 1, tzinfo=UTC) + timedelta(hours=number),
        )

    with django_assert_max_num_queries(8):
        shown = visit("/who-looked/")

    assertContains(shown, f"call {accesses - 1}.")
    assert shown.content.decode().count("<h2>") == (1 if accesses == 1 else 3)
    if accesses == 120:
        assertContains(shown, "Page 1 of 3")
        assertContains(visit("/who-looked/?page=3"), "call 0.")


def test_settings_offer_both_languages_and_signing_out(visit):
    response = visit("/settings/")

    assertContains(response, 'value="ja" lang="ja"')
    assertContains(response, f'action="{reverse("account_logout")}"')


@pytest.mark.parametrize(("is_staff", "linked"), [(True, True), (False, False)])
def test_who_has_no_record_is_told_so(client, is_staff, linked):
    client.force_login(UserFactory(is_staff=is_staff, language="en"))

    response = client.get("/")

    assertContains(response, "No resident's record belongs to this sign-in")
    assert ('href="/staff/"' in response.content.decode()) is linked


PAGES = ["/", "/why/", f"/why/{RENEWAL.key}/", "/who-looked/", "/settings/", "/tasks/1/"]


@pytest.mark.parametrize("path", PAGES)
def test_every_page_asks_for_a_sign_in(client, path):
    assertRedirects(
        client.get(path), f"{reverse('account_login')}?next={path}", fetch_redirect_response=False
    )


@pytest.mark.parametrize("path", PAGES[:-1])
def test_no_page_is_kept_by_a_browser_after_signing_out(visit, path):
    assert "no-store" in visit(path).headers["Cache-Control"]


@pytest.mark.parametrize("path", PAGES[:-1])
def test_htmx_gets_the_main_part_alone(visit, path):
    whole = visit(path).content.decode()
    part = visit(path, headers={"HX-Request": "true"})

    assert "HX-Request" in part.headers["Vary"]
    assert "<html" not in part.content.decode()
    main = part.content.decode().partition("<main")[2]
    assert strip_tokens(main) in strip_tokens(whole)


def test_a_lost_csrf_token_is_said_in_a_sentence(hanako):
    client = Client(enforce_csrf_checks=True)
    client.force_login(hanako.user)

    response = client.post("/tasks/1/done/")

    assertContains(response, "Please send this once more", status_code=403)


# ---- how many queries


def many_tasks(resident, count):
    people = [resident, *ResidentFactory.create_batch(count - 1, born=date(2020, 1, 1))]
    for child in people[1:]:
        GuardianshipFactory(guardian=resident, child=child)
    for person in people:
        InsuranceUseFactory(resident=person)
    open_tasks(*people)
    assert Task.objects.filter(resident=resident).count() == count


def asking(statements):
    return [one for one in statements if one.split()[0] in {"SELECT", "WITH"}]


@pytest.mark.parametrize("count", [1, 200])
def test_home_asks_six_times_for_few_tasks_and_for_many(visit, hanako, statements, count):
    many_tasks(hanako, count)
    visit("/")  # what a process asks once
    statements.clear()

    visit("/")

    assert len(asking(statements)) == 6


@pytest.mark.parametrize("events", [1, 31])  # after either it is reported as done
def test_a_task_asks_as_often_for_a_short_history_as_for_a_long(visit, hanako, statements, events):
    InsuranceUseFactory(resident=hanako)
    open_tasks(hanako)
    task = task_of(hanako, INSURANCE)
    for turn in range(events):
        act = acts.undo if turn % 2 else acts.report_done
        act(resident=hanako, task_id=task.pk, by=hanako.user, today=TODAY)

    statements.clear()

    visit(address("task", task))

    assert len(asking(statements)) == 10
