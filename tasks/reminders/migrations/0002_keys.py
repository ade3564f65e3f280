"""Begin the primary keys of messages and reminders with the resident (docs/adr/0004).

A reminder names its task and its message by both columns, so that all stand on the same host
when spread. Locks: the tables are new and empty. Backward: the keys are `id` alone again.
"""

from django.db import migrations

MESSAGE_KEY = """
ALTER TABLE reminders_message DROP CONSTRAINT reminders_message_pkey,
    ADD CONSTRAINT reminders_message_pkey PRIMARY KEY (resident_id, id)"""
MESSAGE_KEY_BACK = """
ALTER TABLE reminders_message DROP CONSTRAINT reminders_message_pkey,
    ADD CONSTRAINT reminders_message_pkey PRIMARY KEY (id)"""
REMINDER_KEYS = """
ALTER TABLE reminders_reminder DROP CONSTRAINT reminders_reminder_pkey,
    ADD CONSTRAINT reminders_reminder_pkey PRIMARY KEY (resident_id, id),
    ADD CONSTRAINT reminder_of_task FOREIGN KEY (resident_id, task_id)
        REFERENCES tasks_task (resident_id, id) ON DELETE CASCADE,
    ADD CONSTRAINT reminder_of_message FOREIGN KEY (resident_id, message_id)
        REFERENCES reminders_message (resident_id, id) ON DELETE CASCADE"""
REMINDER_KEYS_BACK = """
ALTER TABLE reminders_reminder DROP CONSTRAINT reminder_of_message,
    DROP CONSTRAINT reminder_of_task,
    DROP CONSTRAINT reminders_reminder_pkey,
    ADD CONSTRAINT reminders_reminder_pkey PRIMARY KEY (id)"""


class Migration(migrations.Migration):
    dependencies = [("reminders", "0001_initial"), ("tasks", "0002_keys")]

    operations = [
        migrations.RunSQL(MESSAGE_KEY, MESSAGE_KEY_BACK),
        migrations.RunSQL(REMINDER_KEYS, REMINDER_KEYS_BACK),
    ]
