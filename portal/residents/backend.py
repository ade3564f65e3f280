"""Who is signed in, asked for every page."""

from functools import cache

from allauth.account.auth_backends import AuthenticationBackend
from django.db import DEFAULT_DB_ALIAS

from portal.accounts.models import User
from portal.database import Kept
from portal.residents.models import Resident

USER = [field.attname for field in User._meta.concrete_fields]
RECORD = [field.attname for field in Resident._meta.concrete_fields]
LINK = Resident._meta.get_field("user")


class ResidentBackend(AuthenticationBackend):
    """Sign-in as allauth does it; whoever is signed in comes with their record, in one query.

    Django makes the SQL of a select_related() anew each time, which takes several times as long
    as the answer.
    """

    def get_user(self, user_id):
        rows = _signed_in().rows(user=user_id)
        if not rows:
            return None
        user = User.from_db(DEFAULT_DB_ALIAS, USER, rows[0][: len(USER)])
        record = rows[0][len(USER) :]
        resident = Resident.from_db(DEFAULT_DB_ALIAS, RECORD, record) if any(record) else None
        LINK.remote_field.set_cached_value(user, resident)  # as select_related() does
        if resident:
            LINK.set_cached_value(resident, user)
        return user if self.user_can_authenticate(user) else None


@cache
def _signed_in() -> Kept:
    people = User.objects.filter(pk=0).values_list(*USER, *(f"resident__{one}" for one in RECORD))
    sql, _params = people.query.sql_with_params()
    return Kept(sql % "%(user)s")
