"""A mail to the resident is owed with each answer to a question about an access.

Locks: brief, no table rewrite; the index is over rows with a mail owed, of which there are none.
Old code ignores the columns: what it answers meanwhile is told by no mail. Backward: what is owed
is lost, and what was sent is not known.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("residents", "0010_access_log_kept")]

    operations = [
        migrations.AddField(
            model_name="accessquestion",
            name="tell_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="mail to be sent at"),
        ),
        migrations.AddField(
            model_name="accessquestion",
            name="told",
            field=models.CharField(
                blank=True,
                choices=[("sent", "sent"), ("skipped", "not sent"), ("failed", "given up")],
                db_default="",
                default="",
                max_length=7,
                verbose_name="mail",
            ),
        ),
        migrations.AddField(
            model_name="accessquestion",
            name="told_why",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="A code.",
                max_length=20,
                verbose_name="why",
            ),
        ),
        migrations.AddIndex(
            model_name="accessquestion",
            index=models.Index(
                condition=models.Q(("tell_at__isnull", False)),
                fields=["tell_at"],
                name="access_question_to_tell",
            ),
        ),
    ]
