from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RemindersConfig(AppConfig):
    name = "tasks.reminders"
    verbose_name = _("Reminders")

    def ready(self):
        from tasks.reminders import checks  # noqa: F401 - registers itself
