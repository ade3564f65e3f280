"""What the database itself holds of childcare's tables."""

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db


def test_every_primary_key_begins_with_a_person():
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT conrelid::regclass::text, attname FROM pg_constraint
                JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
                WHERE contype = 'p' AND conrelid::regclass::text LIKE 'childcare%'"""
        )
        first = dict(cursor.fetchall())

    shared = {"childcare_checkupcalendar": "id"}  # a small table: one for the whole municipality
    assert {table: column for table, column in first.items() if column != "resident_id"} == {
        **shared,
        **{
            f"childcare_{table}": "child_id"
            for table in (
                "allowanceanswer",
                "familymeasurement",
                "familystatement",
                "familyvaccination",
                "notmine",
                "recordanswer",
                "seriesend",
                "stepdone",
            )
        },
    }
