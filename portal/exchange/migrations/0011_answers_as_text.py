"""Answers to calls with a key are kept as text. Locks the rows of a day of them; goes backward."""

from django.db import migrations

AS_TEXT = """
    UPDATE exchange_keyedcall
    SET answer = answer - 'body' || jsonb_build_object('text', (answer->'body')::text)
    WHERE answer ? 'body'"""
AS_OBJECT = """
    UPDATE exchange_keyedcall
    SET answer = answer - 'text' || jsonb_build_object('body', (answer->>'text')::jsonb)
    WHERE answer ? 'text'"""


class Migration(migrations.Migration):
    dependencies = [("exchange", "0010_second_yes_by_another")]

    operations = [migrations.RunSQL(AS_TEXT, AS_OBJECT)]
