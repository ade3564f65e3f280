"""Where a resident chooses about reminders: in the settings, or by a link in a mail."""

from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from portal.residents.models import Resident
from tasks.reminders import choose
from tasks.reminders.forms import DeviceForm
from tasks.reminders.mail import read_stop_token
from tasks.reminders.models import PushSubscription
from tasks.reminders.whom import ways_to
from tasks.views import for_residents


# The token in the address is what allows it: a mail program that posts here has no cookie.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request, token):
    """No more reminders by e-mail: asked on the page, done at once by a mail program (RFC 8058).

    In the language of the mail that led here, whatever this browser shows else.
    """
    try:
        resident = Resident.objects.get(uuid=read_stop_token(token))
    except (signing.BadSignature, Resident.DoesNotExist):
        raise Http404 from None
    if request.method == "POST":
        turn = choose.turn_mail_on if "again" in request.POST else choose.turn_mail_off
        turn(resident=resident)
    ways = ways_to(resident.pk)
    chosen = request.GET.get("language")
    with translation.override(chosen if chosen in dict(settings.LANGUAGES) else ways.language):
        context = {"off": ways.mail_off, "again": request.method == "POST"}
        response = render(request, "reminders/stop.html", context)
        response.headers["Content-Language"] = translation.get_language()
    response.headers["Referrer-Policy"] = "no-referrer"  # the address is a key
    return response


# ---- in the settings


def choice(view):
    """Do `view(request, resident, …)` on POST, then lead back to the settings."""

    @for_residents
    def wrapped(request, resident, **kwargs):
        if request.method == "POST":
            view(request, resident, **kwargs)
        return redirect("tasks:settings")

    return wrapped


@choice
def mail(request, resident):
    if "on" in request.POST:
        choose.turn_mail_on(resident=resident)
        messages.success(request, _("Reminders come by e-mail."))
    else:
        choose.turn_mail_off(resident=resident)
        messages.success(request, _("No more reminders come by e-mail."))


@choice
def add_device(request, resident):
    form = DeviceForm(request.POST)
    if form.is_valid():
        choose.add_device(resident=resident, **form.cleaned_data)
        messages.success(request, _("Notifications come to this device."))
    else:
        messages.error(
            request,
            _(
                "This browser takes notifications through a service that Annai does not use. "
                "Choose another browser, or reminders by e-mail."
            ),
        )


@choice
def remove_device(request, resident, device_id):
    try:
        choose.remove_device(resident=resident, device_id=device_id)
    except PushSubscription.DoesNotExist as missing:
        raise Http404 from missing
    messages.success(request, _("No more notifications come to that device."))


@require_safe
@cache_control(no_cache=True)
def service_worker(request):
    """The script that shows notifications, from the root, since it is for the whole site."""
    return render(request, "reminders/service-worker.js", content_type="text/javascript")
