"""Pages while servers die, and fifty clicks at once, through a real web server."""

import contextlib
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from tests.faults.site import Browser, wait_until

pytestmark = pytest.mark.faults

OPEN_TASK = """SELECT t.resident_id, t.id
    FROM tasks_task t JOIN tasks_rulerecord r ON r.id = t.rule_id
    WHERE t.status = 'open' AND r.key = 'card.insurance-use' AND t.resident_id = t.about_id
    ORDER BY t.id LIMIT 1"""


@pytest.fixture(scope="module")
def web(made):
    """A web server that lives on while databases come and go."""
    yield (web := made.site.start_web())
    made.site.kill(web)


@pytest.fixture
def person(web, dawn):
    """Somebody with a task, signed in; the task's number, and a browser."""
    [(resident, task)] = dawn.site.query(OPEN_TASK)
    session = dawn.site.do("sign_in", person=resident).strip()
    browser = Browser(dawn.site.web, session)
    wait_until(lambda: browser.get("/").status == 200, "the portal answers")
    return Person(dawn.site, resident, task, browser)


class Person:
    def __init__(self, site, resident, task, browser):
        self.site, self.resident, self.task, self.browser = site, resident, task, browser
        self._page_takes = browser.get("/").seconds

    def seconds(self, promised: float) -> float:
        """Return what was promised, and more where a page takes this machine longer anyway."""
        return promised + 20 * self._page_takes


def says_what_is_wrong_in_both_languages(page):
    assert page.status == 503
    assert page.headers["Retry-After"]
    assert "ただいま、このサイトを利用できません" in page.text
    assert "This site cannot be used at the moment" in page.text
    assert "Traceback" not in page.text
    assert "psycopg" not in page.text
    return True


def page_is_back(person):
    wait_until(
        lambda: person.browser.get("/").status == 200,
        "the page is back",
        seconds=person.seconds(10),
    )


# ---- 4. PostgreSQL is gone, and comes back
@pytest.mark.parametrize("path", ["/", "/account/sign-in/", "/staff/"])
def test_without_a_database_a_page_says_so_within_five_seconds(person, path):
    person.site.postgres.kill()

    page = person.browser.get(path)

    assert says_what_is_wrong_in_both_languages(page)
    assert page.seconds < person.seconds(5)


def test_when_the_database_is_back_the_next_page_is_there_within_ten_seconds(person):
    person.site.postgres.kill()
    for _ in range(20):
        assert person.browser.get("/").status == 503
    person.site.postgres.bring_up()

    page_is_back(person)

    pages = [person.browser.get("/").status for _ in range(20)]  # whichever process answers
    assert set(pages) <= {200}


def test_a_request_in_the_midst_of_which_the_database_dies_is_a_503_and_changed_nothing(person):
    with ThreadPoolExecutor() as others:
        with person.site.nobody_is_reconciled():
            post = others.submit(person.browser.post, f"/tasks/{person.task}/done/")
            wait_until(lambda: person.site.waiting_for_locks() == 1, "the request is at work")
            person.site.postgres.kill()
        page = post.result()
    person.site.postgres.bring_up()

    assert says_what_is_wrong_in_both_languages(page)
    assert person.site.value("SELECT status FROM tasks_task WHERE id = %s", person.task) == "open"
    page_is_back(person)
    assert person.browser.post(f"/tasks/{person.task}/done/").status == 302


def test_pages_read_while_the_database_restarts_are_either_there_or_a_503(person):
    stop, seen = threading.Event(), []

    def read():
        while not stop.is_set():
            seen.append(person.browser.get("/"))

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    try:
        wait_until(lambda: any(page.status == 200 for page in seen), "pages are read")
        person.site.postgres.kill()
        wait_until(lambda: any(page.status == 503 for page in seen), "a page is a 503")
        person.site.postgres.bring_up()
        back = len(seen)
        wait_until(lambda: seen[-1].status == 200 and len(seen) > back + 20, "they are back")
    finally:
        stop.set()
        for reader in readers:
            reader.join()

    assert {page.status for page in seen} == {200, 503}
    assert all(says_what_is_wrong_in_both_languages(page) for page in seen if page.status == 503)
    assert max(page.seconds for page in seen) < person.seconds(5)


# ---- the web server's own processes are killed
def test_a_click_in_the_midst_of_which_its_process_is_killed_changed_nothing(web, person):
    with ThreadPoolExecutor() as others, person.site.nobody_is_reconciled():
        post = others.submit(person.browser.post, f"/tasks/{person.task}/done/")
        wait_until(lambda: person.site.waiting_for_locks() == 1, "the request is at work")
        for process in psutil.Process(web.process.pid).children():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        with pytest.raises(OSError):
            post.result()
    wait_until(lambda: person.site.waiting_for_locks() == 0, "PostgreSQL has noticed")

    assert person.site.value("SELECT status FROM tasks_task WHERE id = %s", person.task) == "open"
    assert person.browser.post(f"/tasks/{person.task}/done/").status == 302


# ---- 6. Valkey is gone
def test_without_valkey_whoever_has_signed_in_reads_and_acts(person):
    person.site.valkey.kill()

    assert person.browser.get("/").status == 200
    assert person.browser.post(f"/tasks/{person.task}/done/").status == 302
    status = person.site.value("SELECT status FROM tasks_task WHERE id = %s", person.task)
    assert status == "reported"


def test_without_valkey_signing_in_is_closed_and_open_again_with_it(person):
    stranger = Browser(person.site.web)
    right = {
        "login": f"person{person.resident}@example.jp",
        "password": "a long enough password",
    }

    person.site.valkey.kill()
    closed = stranger.post("/account/sign-in/", **right)
    person.site.valkey.bring_up()
    opened = stranger.post("/account/sign-in/", **right)

    assert (closed.status, opened.status) == (503, 302)
    assert closed.headers["Retry-After"]
    assert not re.search(r"annai_session=\w", str(closed.headers))
    assert re.search(r"annai_session=\w", str(opened.headers))


# ---- 21. fifty at once
@pytest.mark.parametrize(
    ("act", "status"), [("done", "reported"), ("not-now", "dismissed"), ("undo", "open")]
)
def test_fifty_clicks_at_once_have_one_effect_and_the_same_answer(person, act, status):
    if act == "undo":
        person.browser.post(f"/tasks/{person.task}/done/")
    before = events(person)

    with ThreadPoolExecutor(50) as fifty:
        clicks = [
            fifty.submit(person.browser.post, f"/tasks/{person.task}/{act}/") for _ in "x" * 50
        ]
    answers = {(one.result().status, one.result().headers["Location"]) for one in clicks}

    assert answers == {(302, f"/tasks/{person.task}/")}
    assert person.site.value("SELECT status FROM tasks_task WHERE id = %s", person.task) == status
    assert events(person) == before + 1


def events(person):
    return person.site.value("SELECT count(*) FROM tasks_taskevent WHERE task_id = %s", person.task)
