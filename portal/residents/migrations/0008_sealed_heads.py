"""Seal the head of each resident's log of who looked, so that one put back to an earlier row shows.

The heads that stand are sealed as they are, with the key of this installation: run
`check_access_log` before. Locks: the heads, while they are sealed; staff pages that open a record
wait (a thousand take a tenth of a second). Staff pages of the code before must be stopped: what
they write after this shows as broken. Backward: the seals are lost.
"""

from django.db import migrations, models

from portal.residents.access_log import seal

AT_ONCE = 1000


def seal_heads(apps, schema_editor):
    Head = apps.get_model("residents", "AccessLogHead")
    some = []
    for head in Head.objects.order_by("pk").iterator():
        head.sealed = seal(head.resident_id, head.count, head.chained)
        some.append(head)
        if len(some) == AT_ONCE:
            Head.objects.bulk_update(some, ["sealed"])
            some = []
    Head.objects.bulk_update(some, ["sealed"])


class Migration(migrations.Migration):
    dependencies = [("residents", "0007_access_logs_in_chains")]

    operations = [
        migrations.AddField(
            model_name="accessloghead",
            name="sealed",
            field=models.CharField(default="", max_length=64, verbose_name="seal"),
            preserve_default=False,
        ),
        migrations.RunPython(seal_heads, migrations.RunPython.noop),
    ]
