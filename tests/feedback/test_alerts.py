"""Pages that become less clear: found among many, seldom by chance, told once and to the right."""

from datetime import date, timedelta
from functools import partial
from random import Random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains

from feedback import jobs
from feedback.alerts import beginning_of, less_clear, look, see, waiting_for
from feedback.models import Alert, AlertLook, Opinion, PageOwner
from feedback.owners import known_routes, owner_of
from feedback.review_groups import REVIEWERS
from feedback.shares import PageShare, chance_of
from portal import clock
from tasks.alarms import alarms
from tests.at_once import at_once
from tests.factories import UserFactory
from tests.feedback import factories
from tests.feedback.conftest import member

TODAY = date(2026, 11, 20)
PAGE = "tasks:task"
marks = partial(factories.marks, until=beginning_of(TODAY), route=PAGE)

pytestmark = pytest.mark.usefixtures("english")


def worse(**about):
    """Make a page of which one in ten said “not clear”, and lately one in two."""
    marks(20, clear=False, **about)
    marks(20, **about)
    marks(10, days_ago=20, clear=False, **about)
    marks(90, days_ago=20, **about)


def same(**about):
    marks(4, clear=False, **about)
    marks(36, **about)
    marks(10, days_ago=20, clear=False, **about)
    marks(90, days_ago=20, **about)


# ---- how often chance alone raises an alert


def shares(*chances):
    return [PageShare(f"page:{n}", "", 1, 10, 1, 10, p) for n, p in enumerate(chances)]


@pytest.mark.parametrize(
    ("chances", "found"),
    [
        ([], []),
        ([0.05], [0.05]),
        ([0.051], []),
        ([0.025, 0.05], [0.025, 0.05]),
        ([0.026, 0.001], [0.001, 0.026]),
        ([0.026, 0.9], []),
        ([0.03, 0.04, 0.01], [0.01]),
    ],
)
def test_each_is_held_against_as_many_as_are_left(chances, found):
    assert [one.p for one in less_clear(shares(*chances), at=0.05)] == found


PAGES, WEEKS = 40, 200


def counts(chance, answers, share):
    """Return for each of 42 days how many of a page's answers said “not clear”, and how many."""
    days = []
    for _day in range(42):
        of = chance.randint(0, 2 * answers)
        days.append((sum(chance.random() < share for _answer in range(of)), of))
    return days


def summed(days):
    return sum(one for one, _of in days), sum(of for _one, of in days)


def found_on(pages, day):
    """Return which pages raise an alert at the look of a day (35 to 41) into the simulation."""
    compared = []
    for number, days in enumerate(pages):
        numbers = *summed(days[day - 7 : day]), *summed(days[day - 35 : day - 7])
        if (p := chance_of(*numbers)) is not None:
            compared.append(PageShare(str(number), "", *numbers, p))
    return {one.route for one in less_clear(compared)}


def week_of(chance):
    """Return forty pages as unlike as pages are: some asked often, some clear to nearly all."""
    kinds = [(answers, share) for answers in (2, 5, 10, 20) for share in (0.03, 0.1, 0.2, 0.4)]
    return [counts(chance, *kinds[number % len(kinds)]) for number in range(PAGES)]


def test_where_nothing_changes_few_weeks_bring_any_alert():
    """At most 5 of 100 are promised; with 200 weeks of one seed fewer than 4 of 100 are found."""
    chance = Random(17)
    false = 0
    for _week in range(WEEKS):
        pages = week_of(chance)
        false += any(found_on(pages, day) for day in range(35, 42))

    assert false <= 0.04 * WEEKS


def test_a_share_that_truly_doubles_is_found_among_the_others():
    chance = Random(17)
    missed = 0
    for _week in range(20):
        pages = week_of(chance)
        pages[7] = counts(chance, 20, 0.2)[:35] + counts(chance, 20, 0.4)[:7]
        missed += not any("7" in found_on(pages, day) for day in range(38, 43))

    assert missed <= 2


# ---- the look of a day


@pytest.mark.django_db
def test_a_page_that_became_less_clear_raises_an_alert_with_its_numbers():
    worse()
    same(route="tasks:home")
    marks(9, route="tasks:why")

    [alert] = look(day=TODAY)

    assert (alert.route, alert.rule, alert.day) == (PAGE, "", TODAY)
    numbers = (alert.not_clear, alert.of, alert.before_not_clear, alert.before_of)
    assert numbers == (20, 40, 10, 100)
    assert 0 < alert.p < 1e-5
    found = AlertLook.objects.values_list("day", "pages", "found").get()
    assert found == (TODAY, 2, 1)


@pytest.mark.django_db
def test_a_page_that_became_clearer_raises_none():
    marks(40)
    marks(50, days_ago=20, clear=False)
    marks(50, days_ago=20)

    assert look(day=TODAY) == []


@pytest.mark.django_db
def test_the_days_are_whole_ones_in_japan_and_today_is_none_of_them():
    midnight = beginning_of(TODAY)
    moment = timedelta(microseconds=1)
    marks(10, days_ago=20)
    marks(9)
    for at in (midnight, midnight - timedelta(days=35) - moment):
        marks(1, at=at)
    look(day=TODAY)
    marks(1, at=midnight - moment)
    AlertLook.objects.all().delete()
    look(day=TODAY)

    assert AlertLook.objects.get().pages == 1


@pytest.mark.django_db
def test_a_job_that_comes_three_times_looks_once_a_day(november):
    worse()
    jobs.find_alerts()
    Alert.objects.update(day=TODAY - timedelta(days=40))  # else this too would keep it from more

    for _time in range(2):
        jobs.find_alerts()

    assert Alert.objects.count() == 1
    assert AlertLook.objects.count() == 1


@pytest.mark.django_db
def test_the_schedule_has_hours_enough_for_a_message_to_be_lost(settings):
    schedule = settings.CELERY_BEAT_SCHEDULE["opinion-alerts"]

    assert schedule["task"] == jobs.find_alerts.name
    assert len(schedule["schedule"].hour) > 6
    assert schedule["options"]["expires"] <= 3600


@pytest.mark.django_db
def test_a_look_that_is_killed_leaves_nothing_and_the_next_job_does_it(monkeypatch):
    worse()

    def killed(**looked):
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(AlertLook.objects, "create", killed)
        with pytest.raises(SystemExit):
            look(day=TODAY)
    assert not Alert.objects.exists()

    assert len(look(day=TODAY)) == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_looks_at_once_one_is_made():
    worse()

    found = at_once(*[partial(look, day=TODAY)] * 2)

    assert sorted(map(len, found)) == [0, 1]
    assert Alert.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_looks_of_different_days_at_once_make_one_alert():
    worse()

    at_once(partial(look, day=TODAY), partial(look, day=TODAY + timedelta(days=1)))

    assert Alert.objects.count() == 1
    assert AlertLook.objects.count() == 2


@pytest.mark.django_db
def test_a_look_that_comes_after_that_of_the_next_day_makes_no_second_alert():
    worse()

    assert len(look(day=TODAY + timedelta(days=1))) == 1
    assert look(day=TODAY) == []


@pytest.mark.django_db
@pytest.mark.parametrize(("days", "many"), [(1, 1), (27, 1), (28, 2)])
def test_a_page_is_told_again_after_28_days_if_it_is_so_still(days, many):
    worse()
    look(day=TODAY)
    later = TODAY + timedelta(days=days)
    Opinion.objects.all().delete()
    again = partial(factories.marks, until=beginning_of(later), route=PAGE)
    again(20, clear=False)
    again(60, days_ago=20)

    look(day=later)

    assert Alert.objects.count() == many


@pytest.mark.django_db
def test_another_rule_on_the_page_is_another_page():
    worse()
    look(day=TODAY)
    worse(rule="card.insurance-use")

    [alert] = look(day=TODAY + timedelta(days=1))

    assert alert.rule == "card.insurance-use"


# ---- to whom it belongs


@pytest.fixture
def other(db):
    return member(REVIEWERS, "other@example.jp")


def test_who_owns_the_rule_goes_before_who_owns_the_page(reviewer, other):
    PageOwner.objects.create(route=PAGE, user=reviewer)
    PageOwner.objects.create(route=PAGE, rule="card.insurance-use", user=other)

    assert owner_of(route=PAGE, rule="") == reviewer
    assert owner_of(route=PAGE, rule="card.insurance-use") == other
    assert owner_of(route=PAGE, rule="card.card-renewal") == reviewer
    assert owner_of(route="tasks:home", rule="") is None


@pytest.mark.parametrize("gone", ["left", "no reviewer"])
def test_who_reviews_no_more_owns_nothing(reviewer, other, gone):
    PageOwner.objects.create(route=PAGE, user=reviewer)
    PageOwner.objects.create(route=PAGE, rule="card.insurance-use", user=other)
    if gone == "left":
        other.is_active = False
        other.save()
    else:
        other.groups.clear()

    assert owner_of(route=PAGE, rule="card.insurance-use") == reviewer


@pytest.mark.parametrize("owned", [True, False])
def test_an_alert_waits_for_its_owner_and_without_one_for_all_who_publish(
    reviewer, other, publisher, owned
):
    if owned:
        PageOwner.objects.create(route=PAGE, user=reviewer)
    worse()
    [alert] = look(day=TODAY)

    waits_for = [who for who in (reviewer, other, publisher) if waiting_for(who).exists()]

    assert waits_for == ([reviewer] if owned else [publisher])
    assert (alert.mail, alert.why) == (("waiting", "") if owned else ("skipped", "no-owner"))


@pytest.mark.parametrize("gone", ["left", "no reviewer", "deleted"])
def test_where_the_owner_goes_it_waits_for_all_who_publish(reviewer, publisher, gone):
    PageOwner.objects.create(route=PAGE, user=reviewer)
    worse()
    look(day=TODAY)
    if gone == "left":
        reviewer.is_active = False
        reviewer.save()
    elif gone == "no reviewer":
        reviewer.groups.clear()
    else:
        reviewer.delete()

    assert waiting_for(publisher).count() == 1


def test_seen_by_the_owner_it_waits_for_nobody_and_the_first_time_counts(
    reviewer, publisher, november
):
    PageOwner.objects.create(route=PAGE, user=reviewer)
    worse()
    [alert] = look(day=TODAY)

    see(alert, by=publisher)
    alert.refresh_from_db()
    assert alert.seen_by is None

    see(alert, by=reviewer)
    alert.refresh_from_db()
    first = alert.seen_at
    see(alert, by=reviewer)
    alert.refresh_from_db()
    assert (alert.seen_by, alert.seen_at) == (reviewer, first)


# ---- the staff pages


@pytest.fixture
def owned(reviewer):
    PageOwner.objects.create(route=PAGE, user=reviewer)
    worse()
    [alert] = look(day=TODAY)
    return alert


def page_for(alert):
    return reverse("admin:feedback_alert_change", args=[alert.uuid])


ALARM = "A page has become less clear: A thing to do."
OF_OPINIONS = ["opinion", "alert", "pageowner"]


def test_the_owner_reads_it_on_every_staff_page_until_it_was_seen(client, reviewer, owned):
    client.force_login(reviewer)
    start, pages = "/staff/", [reverse(f"admin:feedback_{of}_changelist") for of in OF_OPINIONS]

    assertContains(client.get(start), f'<a href="{page_for(owned)}">To the alert</a>')
    for address in pages:
        assertContains(client.get(address), ALARM)
        assertContains(client.get(address), f'<a href="{page_for(owned)}">To the alert</a>')
    assertNotContains(client.get(page_for(owned)), ALARM)  # which tells all of it
    answer = client.post(page_for(owned), follow=True)

    assertContains(answer, "It has been seen, and is an alarm no more.")
    for address in [start, *pages]:
        assertNotContains(client.get(address), ALARM)


def test_of_several_their_number_is_told_and_the_list_of_them(client, reviewer, owned):
    PageOwner.objects.create(route="tasks:home", user=reviewer)
    worse(route="tasks:home")
    look(day=TODAY + timedelta(days=1))
    client.force_login(reviewer)

    answer = client.get("/staff/")

    assertContains(answer, "2 pages have become less clear.")
    listed = reverse("admin:feedback_alert_changelist")
    assertContains(answer, f'<a href="{listed}?seen=no">To the alerts</a>')
    assertContains(client.get(listed), "2 pages have become less clear.")  # with those seen
    assertNotContains(client.get(listed, {"seen": "no"}), "2 pages have become less clear.")
    see(owned, by=reviewer)
    unseen, seen = (client.get(listed, {"seen": seen}) for seen in ("no", "yes"))
    assertContains(unseen, "50% (20 / 40)")
    assert [one.route for one in unseen.context["cl"].result_list] == ["tasks:home"]
    assert [one.route for one in seen.context["cl"].result_list] == [PAGE]


def test_whom_it_does_not_concern_is_not_told(client, other, owned):
    client.force_login(other)

    assertNotContains(client.get("/staff/"), ALARM)
    assertContains(client.get(page_for(owned)), "Not seen yet by whom it waits for.")
    assert client.post(page_for(owned)).status_code == 403
    assert waiting_for(owned.owner).exists()


def test_who_watches_the_whole_portal_is_told_of_every_alert(owned):
    assert ALARM in [one.what for one in alarms(at=clock.localtime())]


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["nobody", "resident", "staff"])
def test_only_reviewers_come_in(client, who):
    worse()
    [alert] = look(day=TODAY)
    if who != "nobody":
        client.force_login(UserFactory(is_staff=who == "staff"))

    for address in [
        page_for(alert),
        reverse("admin:feedback_alert_changelist"),
        reverse("admin:feedback_alertlook_changelist"),
        reverse("admin:feedback_pageowner_changelist"),
    ]:
        assert client.get(address).status_code in (302, 403)
    assert client.post(page_for(alert)).status_code in (302, 403)
    assert not Alert.objects.exclude(seen_at=None).exists()


def test_the_page_shows_the_numbers_with_their_interval_and_leads_to_what_they_count(
    client, reviewer, owned
):
    marks(3, at=beginning_of(TODAY))  # since then
    marks(3, rule="card.insurance-use")
    client.force_login(reviewer)

    answer = client.get(page_for(owned))

    for said in ["13 November 2026 (Fri)", "19 November 2026 (Thu)", "50%", "35–65%", "6–17%"]:
        assertContains(answer, said)
    for row, many in zip(answer.context["rows"], [(20, 40), (10, 100)], strict=True):
        for address, wanted in zip((row["not_clear"], row["all"]), many, strict=True):
            shown = client.get(address)
            assert len(shown.context["opinions"]) == min(wanted, 50)
            assert bool(shown.context["more"]) == (wanted > 50)


@pytest.mark.parametrize("many", [1, 12])
def test_alarms_cost_a_staff_page_one_statement_however_many(client, reviewer, owned, many):
    for number in range(many - 1):
        factories.AlertFactory(route=f"page:{number}", owner=reviewer)
    client.force_login(reviewer)

    with CaptureQueriesContext(connection) as asked:
        client.get(reverse("admin:feedback_opinion_changelist"))

    assert len([one for one in asked if "feedback_alert" in one["sql"]]) == 1


# ---- owners are set in the staff pages

ADD = "/staff/feedback/pageowner/add/"


def test_pages_and_rules_are_called_by_name(client, publisher):
    PageOwner.objects.create(route=PAGE, rule="card.insurance-use", user=publisher)
    client.force_login(publisher)

    owners = client.get("/staff/feedback/pageowner/")

    assertContains(owners, ">A thing to do</a>")
    assertContains(owners, "Register the card for use as health insurance card")


def test_a_publisher_says_to_whom_a_page_belongs(client, publisher, reviewer):
    client.force_login(publisher)

    for rule in ("", "card.insurance-use"):
        answer = client.post(ADD, {"route": PAGE, "rule": rule, "user": reviewer.pk})
        assert answer.status_code == 302

    assert owner_of(route=PAGE, rule="card.insurance-use") == reviewer


def test_of_a_page_there_is_one_owner(client, publisher, reviewer):
    PageOwner.objects.create(route=PAGE, user=reviewer)
    client.force_login(publisher)

    answer = client.post(ADD, {"route": PAGE, "rule": "", "user": publisher.pk})

    assertContains(answer, "This page has an owner. Change that one.")


@pytest.mark.parametrize(
    "given",
    [{"route": "no:page"}, {"rule": "no.rule"}, {"user": "stranger"}, {"route": "admin:index"}],
)
def test_no_owner_is_set_of_what_is_not_there(client, publisher, reviewer, given):
    data = {"route": PAGE, "rule": "", "user": reviewer.pk} | given
    if data["user"] == "stranger":
        data["user"] = UserFactory(is_staff=True).pk
    client.force_login(publisher)

    assert client.post(ADD, data).status_code == 200
    assert not PageOwner.objects.exists()


def test_a_page_that_is_gone_keeps_its_owner_to_be_changed(client, publisher, reviewer):
    gone = PageOwner.objects.create(route="old:page", rule="old.rule", user=reviewer)
    client.force_login(publisher)
    address = f"/staff/feedback/pageowner/{gone.pk}/change/"

    answer = client.post(address, {"route": "old:page", "rule": "old.rule", "user": publisher.pk})

    assert answer.status_code == 302
    gone.refresh_from_db()
    assert gone.user == publisher


def test_reviewers_see_the_owners_and_change_none(client, reviewer, publisher):
    owner = PageOwner.objects.create(route=PAGE, user=publisher)
    client.force_login(reviewer)
    address = f"/staff/feedback/pageowner/{owner.pk}/change/"

    assertContains(client.get(address), PAGE)
    assert client.get(ADD).status_code == 403
    assert client.post(address, {"route": PAGE, "user": reviewer.pk}).status_code == 403


def test_the_pages_offered_are_those_that_ask(client):
    routes = known_routes()

    assert {"tasks:home", "tasks:task", "applications:catalogue", "feedback:free"} <= set(routes)
    assert not [one for one in routes if one.startswith(("admin", "demo", "livez"))]
    assert routes == sorted(set(routes))
