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
    """Give every registered rule its row, for other rows and the staff pages to name.

    And note its version, which on a fresh installation is in force at once.
    """
    from django.db import DEFAULT_DB_ALIAS, connections

    from tasks import versions
    from tasks.models import RuleRecord, RuleVersion
    from tasks.rules import registry

    if RuleVersion._meta.db_table not in connections[using].introspection.table_names():
        return  # only some of the migrations were asked for
    RuleRecord.objects.using(using).bulk_create(
        [RuleRecord(id=rule.id, key=rule.key) for rule in registry.values()],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["key"],
    )
    if using == DEFAULT_DB_ALIAS:
        versions.record()
