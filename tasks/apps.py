from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class TasksConfig(AppConfig):
    name = "tasks"
    verbose_name = _("Tasks")

    def ready(self):
        autodiscover_modules("task_rules")
        post_migrate.connect(record_rules, sender=self)


def record_rules(using, **kwargs):
    """Note every registered rule and its version; on a fresh installation all are in force."""
    from django.db import DEFAULT_DB_ALIAS

    from portal.migrated import has_table
    from tasks import versions
    from tasks.models import RuleVersion

    if using == DEFAULT_DB_ALIAS and has_table(RuleVersion, using=using):
        versions.record()
