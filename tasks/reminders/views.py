"""What a resident chooses about reminders."""

from django.core import signing
from django.http import Http404
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from portal.residents.models import Resident
from tasks.reminders import choose
from tasks.reminders.mail import read_stop_token


# The token in the address is what allows it: a mail program that posts here has no cookie.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request, token):
    """No more reminders by e-mail: asked on the page, done at once by a mail program (RFC 8058)."""
    try:
        resident = Resident.objects.get(uuid=read_stop_token(token))
    except (signing.BadSignature, Resident.DoesNotExist):
        raise Http404 from None
    if request.method == "POST":
        choose.turn_mail_off(resident=resident)
    return render(request, "reminders/stop.html", {"off": choose.is_mail_off(resident)})
