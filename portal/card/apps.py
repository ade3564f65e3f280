from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CardConfig(AppConfig):
    name = "portal.card"
    verbose_name = _("Individual Number Card")
