"""Begin the certificates' primary key with the holder (docs/adr/0004).

Locks: the table is new and empty. Backward: the key is `id` alone again.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("card", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE card_certificate DROP CONSTRAINT card_certificate_pkey, "
            "ADD CONSTRAINT card_certificate_pkey PRIMARY KEY (resident_id, id)",
            "ALTER TABLE card_certificate DROP CONSTRAINT card_certificate_pkey, "
            "ADD CONSTRAINT card_certificate_pkey PRIMARY KEY (id)",
        )
    ]
