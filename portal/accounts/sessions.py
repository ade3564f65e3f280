"""Django's sessions in the database, read by a statement that is made once a process."""

from functools import cache

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from portal.database import Kept


class SessionStore(db.SessionStore):
    def load(self):
        rows = _unexpired().rows(key=self.session_key, now=timezone.now())
        if not rows:
            self._session_key = None  # as Django's: a key that is not ours is never used
            return {}
        return self.decode(rows[0][0])


@cache
def _unexpired() -> Kept:
    return Kept(
        f"""SELECT session_data FROM {Session._meta.db_table}
        WHERE session_key = %(key)s AND expire_date > %(now)s"""
    )
