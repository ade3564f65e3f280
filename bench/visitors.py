"""Fills a database with the demo's people and prints their cookies as JSON, by e-mail address.

Run as a program, with the demo's environment (ANNAI_ENV, DATABASE_URL).
"""

import json
import tempfile
from pathlib import Path

import django

RESIDENTS = 2000


def fill() -> dict[str, str]:
    from django.conf import settings
    from django.db import connection
    from django.test import Client

    from portal import clock
    from portal.accounts.models import User
    from portal.demo import data
    from portal.demo.people import PEOPLE

    data.migrate()
    with tempfile.TemporaryDirectory(prefix="annai-bench-") as folder:
        facts = Path(folder) / "facts.ndjson"
        data.write_facts(facts, residents=RESIDENTS, today=clock.today())
        data.load(facts, today=clock.today())
    data.let_sign_in("nobody-signs-in-with-it")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    cookies = {}
    for person in PEOPLE:
        client = Client()
        client.force_login(User.objects.get(email=person.email))
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        cookies[person.email] = (
            f"{settings.SESSION_COOKIE_NAME}={session}; "
            f"{settings.LANGUAGE_COOKIE_NAME}={person.language}"
        )
    return cookies


if __name__ == "__main__":
    django.setup()
    print(json.dumps(fill()))
