"""Sign-in. The pages of allauth that we want, one by one: no sign-up, no e-mail management.

Their names are allauth's own, outside the namespace, since allauth looks them up.
"""

from allauth.account import views as allauth
from django.urls import include, path, re_path

from portal.accounts.views import SignIn, choose_language, closed_without_counter

own = (
    [
        path("language/", choose_language, name="language"),
    ],
    "accounts",
)

urlpatterns = [
    path("", include(own)),
    path("sign-in/", closed_without_counter(SignIn.as_view()), name="account_login"),
    path("sign-out/", allauth.logout, name="account_logout"),
    path("inactive/", allauth.account_inactive, name="account_inactive"),
    path(
        "password/",
        closed_without_counter(allauth.password_change),
        name="account_change_password",
    ),
    path(
        "password/forgotten/",
        closed_without_counter(allauth.password_reset),
        name="account_reset_password",
    ),
    path(
        "password/forgotten/sent/",
        allauth.password_reset_done,
        name="account_reset_password_done",
    ),
    re_path(
        r"^password/new/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        closed_without_counter(allauth.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path(
        "password/new/done/",
        allauth.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
]
