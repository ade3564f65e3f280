"""Begin the primary keys of tasks and events with the resident (docs/adr/0004).

An event names its task by both columns, so that both stand on the same host when spread.
Locks: the tables are new and empty. Backward: the keys are `id` alone again.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("tasks", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE tasks_task DROP CONSTRAINT tasks_task_pkey, "
            "ADD CONSTRAINT tasks_task_pkey PRIMARY KEY (resident_id, id)",
            "ALTER TABLE tasks_task DROP CONSTRAINT tasks_task_pkey, "
            "ADD CONSTRAINT tasks_task_pkey PRIMARY KEY (id)",
        ),
        migrations.RunSQL(
            "ALTER TABLE tasks_taskevent DROP CONSTRAINT tasks_taskevent_pkey, "
            "ADD CONSTRAINT tasks_taskevent_pkey PRIMARY KEY (resident_id, id), "
            "ADD CONSTRAINT task_event_of_task FOREIGN KEY (resident_id, task_id) "
            "REFERENCES tasks_task (resident_id, id) ON DELETE CASCADE",
            "ALTER TABLE tasks_taskevent DROP CONSTRAINT task_event_of_task, "
            "DROP CONSTRAINT tasks_taskevent_pkey, "
            "ADD CONSTRAINT tasks_taskevent_pkey PRIMARY KEY (id)",
        ),
    ]
