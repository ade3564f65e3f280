from functools import wraps
from http import HTTPStatus

from allauth.account import views as allauth
from django.conf import settings
from django.http import HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from portal.accounts.middleware import remember_language
from portal.accounts.models import User


class SignIn(allauth.LoginView):
    def form_invalid(self, form):
        """Show the form again; whoever has tried too often gets a 429."""
        response = super().form_invalid(form)
        if form.has_error("__all__", "too_many_login_attempts"):
            response.status_code = HTTPStatus.TOO_MANY_REQUESTS
        return response


def closed_without_counter(view):
    """Answer 503 where attempts cannot be counted, since without a limit passwords are guessed.

    The same where a mail cannot be handed to the queue, which is in the same Valkey.
    """

    @wraps(view)
    def counted(request, *args, **kwargs):
        try:
            return view(request, *args, **kwargs)
        except (RedisError, OperationalError):
            status = HTTPStatus.SERVICE_UNAVAILABLE
            response = render(request, "account/closed.html", status=status)
            response.headers["Retry-After"] = "60"
            return response

    return counted


@require_POST
def choose_language(request):
    """Keep the language, for the signed-in person on every device, else for this browser."""
    language = request.POST.get("language")
    if language not in dict(settings.LANGUAGES):
        return HttpResponseBadRequest(_("Choose one of the languages of this site."))
    if request.user.is_authenticated:
        User.objects.filter(pk=request.user.pk).update(language=language)
        request.user.language = language
    response = redirect(safe_way_back(request))
    remember_language(response, language)
    return response


def safe_way_back(request):
    """Return the page of this site that the person came from, or the first page."""
    for url in (request.POST.get("next"), request.headers.get("Referer")):
        if url_has_allowed_host_and_scheme(
            url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
        ):
            return url
    return settings.LOGIN_REDIRECT_URL
