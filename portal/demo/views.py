"""The demo's own pages: sign in by one click, the mails, the clock. In the demo alone."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import wraps
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp, csp_update
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.core.paginator import Paginator
from django.db.models import Count, Sum
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from kombu.exceptions import OperationalError

from portal import clock
from portal.accounts.models import User
from portal.demo import jobs, mails, walk
from portal.demo.forms import GoOnForm
from portal.demo.people import EVERYBODY, PEOPLE, STAFF
from tasks.models import Status, SweepRange, Task
from tasks.reminders import ladder
from tasks.reminders.models import Message
from tasks.rules import registry

MAILS_PER_PAGE = 50
DAYS_SHOWN = 14
PATIENCE = 10  # seconds for the answer to a click


def in_the_demo(view):
    """Answer as if the page did not exist anywhere but in the demo."""

    @never_cache
    @wraps(view)
    def wrapped(request, *args, **kwargs):
        if not settings.DEMO:
            raise Http404
        return view(request, *args, **kwargs)

    return wrapped


@in_the_demo
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request):
    if request.method != "POST":
        return render(request, "demo/sign_in.html", {"people": PEOPLE, "staff": STAFF})
    email = request.POST.get("email")
    user = get_object_or_404(User, email=email, email__in=[one.email for one in EVERYBODY])
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return redirect("admin:index" if user.is_staff else settings.LOGIN_REDIRECT_URL)


# ---- mails
@in_the_demo
@require_safe
def mail_list(request):
    address = request.GET.get("to", "").strip()
    page = Paginator(mails.kept(address), MAILS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "address": address,
        "people": PEOPLE,
        "most": mails.MOST,
        "keeps_mails": settings.DEMO_KEEPS_MAILS,
    }
    return render(request, "demo/mails.html", context)


def with_mail(view):
    """Call `view(request, mail)`; for a mail that is not, or no longer, there: a 404."""

    @in_the_demo
    @wraps(view)
    def wrapped(request, name):
        if (mail := mails.find(name)) is None:
            raise Http404
        return view(request, mail)

    return wrapped


@with_mail
@require_safe
@csp_update({"frame-src": [SELF]})
def show_mail(request, mail):
    return render(request, "demo/mail.html", {"mail": mail})


# What a mail brings along is a stranger's: nothing in it runs, loads anything or reaches the
# portal's cookies, whether in its frame or opened by itself. Its links open beside it.
OPEN_LINKS_BESIDE = '<!doctype html><base target="_blank">'


@with_mail
@require_safe
@xframe_options_sameorigin
@csp(
    {
        "default-src": [NONE],
        "style-src": [UNSAFE_INLINE],
        "img-src": ["data:"],
        "form-action": [NONE],
        "frame-ancestors": [SELF],
        "sandbox": ["allow-popups", "allow-popups-to-escape-sandbox"],
    }
)
def mail_html(request, mail):
    return HttpResponse(OPEN_LINKS_BESIDE + mail.html)


@with_mail
@require_safe
def mail_source(request, mail):
    return HttpResponse(mail.source, content_type="text/plain; charset=utf-8")


@with_mail
@require_POST
def unsubscribe(request, mail):
    """Do what a mail program does when its own "unsubscribe" is clicked (RFC 8058, section 3.2)."""
    own = mail.unsubscribe_url.startswith(f"{settings.PORTAL_URL}/")
    if not (mail.by_one_click and own):
        messages.error(
            request,
            _("The mail offers no unsubscribing with one click here, so nothing was sent."),
        )
    elif answer := post_one_click(mail.unsubscribe_url):
        said = _("Sent as a mail program does. The portal answered: %(answer)s.")
        level = messages.SUCCESS if answer == HTTPStatus.OK else messages.ERROR
        messages.add_message(request, level, said % {"answer": f"{answer.value} {answer.phrase}"})
    else:
        messages.error(request, _("The portal did not answer. Try again in a moment."))
    return redirect("demo:mail", mail.name)


def post_one_click(url: str) -> HTTPStatus | None:
    """Post to the portal as a mail program: no cookie, no redirect. None if nothing answers."""
    address = urlsplit(url)
    connection = HTTPConnection(address.hostname, address.port, timeout=PATIENCE)
    try:
        connection.request(
            "POST",
            address.path + (f"?{address.query}" if address.query else ""),
            body="List-Unsubscribe=One-Click",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        return HTTPStatus(connection.getresponse().status)
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()


# ---- the clock
@in_the_demo
@require_http_methods(["GET", "HEAD", "POST"])
def show_clock(request):
    return go_on(request) if request.method == "POST" else clock_page(request)


def clock_page(request, form=None):
    person = person_with(request.GET.get("of"))
    context = {
        "form": form or GoOnForm(),
        "today": clock.today(),
        "tomorrow": clock.today() + timedelta(days=1),
        "days_ahead": clock.days_ahead(),
        "walk": walk.current(),
        "people": list(next_reminders()),
        "person": person,
        "reminders": [
            (title_of(reminder.task), reminder)
            for reminder in walk.reminders_of(person.ref).select_related("task").order_by("id")
        ]
        if person
        else [],
        "days": list(days_lived()),
    }
    return render(request, "demo/clock.html", context, status=422 if form else 200)


def title_of(task):
    return registry.by_id(task.rule_id).title_of(task.subject)


def person_with(ref):
    return next((one for one in PEOPLE if one.ref == ref), None)


def next_reminders() -> Iterator[tuple[object, date | None]]:
    """Yield the people to sign in as, each with the day of the next reminder as things stand."""
    today = clock.today()
    days = {one.ref: [] for one in PEOPLE}
    tasks = Task.objects.filter(resident__ref__in=days, status=Status.OPEN)
    for task in tasks.select_related("resident"):
        if rule := registry.by_id(task.rule_id):
            day = ladder.next_day(rule, opened_on=task.opened_on, due_on=task.due_on, today=today)
            days[task.resident.ref].append(day)
    for one in PEOPLE:
        yield one, min((day for day in days[one.ref] if day), default=None)


def days_lived() -> Iterator[dict]:
    """Yield the latest days that had a night, newest first, with what each did."""
    nights = SweepRange.objects.values("sweep__day").annotate(
        opened=Sum("opened"), updated=Sum("updated"), closed=Sum("closed")
    )
    nights = nights.order_by("-sweep__day")[:DAYS_SHOWN]
    sent = Message.objects.filter(
        state=Message.State.SENT, day__in=[night["sweep__day"] for night in nights]
    )
    messages_of = dict(sent.values_list("day").annotate(Count("pk")).order_by())
    for night in nights:
        day = night["sweep__day"]
        yield {**night, "day": day, "messages": messages_of.get(day, 0)}


def go_on(request):
    """Send the clock on its way: to a date, or to the next reminder of a person."""
    person, form = person_with(request.POST.get("of")), GoOnForm(request.POST)
    if not person and not form.is_valid():
        return clock_page(request, form)
    until = clock.today() + walk.FURTHEST if person else form.cleaned_data["until"]
    if not walk.set_out(until=until, ref=person.ref if person else ""):
        messages.error(request, _("The clock is on its way already. Wait, or stop it first."))
    else:
        try:
            jobs.go_on_tomorrow()
        except OperationalError:
            walk.end()
            messages.error(request, _("The queue does not answer. Try again in a moment."))
    return redirect(reverse("demo:clock") + (f"?of={person.ref}" if person else ""))


@in_the_demo
@require_POST
def stop_clock(request):
    walk.end()
    return redirect("demo:clock")
