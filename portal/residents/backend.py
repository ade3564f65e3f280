from contextlib import suppress

from allauth.account.auth_backends import AuthenticationBackend

from portal.accounts.models import User


class ResidentBackend(AuthenticationBackend):
    """Sign-in as allauth does it; whoever is signed in comes with their record, in one query."""

    def get_user(self, user_id):
        with suppress(User.DoesNotExist):
            user = User.objects.select_related("resident").get(pk=user_id)
            return user if self.user_can_authenticate(user) else None
