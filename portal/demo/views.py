"""One click signs in as one of the invented people. In the demo alone."""

from django.conf import settings
from django.contrib.auth import login
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from portal.accounts.models import User
from portal.demo.people import EVERYBODY, PEOPLE, STAFF


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request):
    if not settings.DEMO:
        raise Http404
    if request.method != "POST":
        return render(request, "demo/sign_in.html", {"people": PEOPLE, "staff": STAFF})
    email = request.POST.get("email")
    user = get_object_or_404(User, email=email, email__in=[one.email for one in EVERYBODY])
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return redirect("admin:index" if user.is_staff else settings.LOGIN_REDIRECT_URL)
