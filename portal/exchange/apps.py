from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from portal.exchange.connections.group import make_connection_group
from portal.exchange.help_desk import make_help_desk
from portal.exchange.merges.group import make_register_group


class ExchangeConfig(AppConfig):
    name = "portal.exchange"
    verbose_name = _("Exchange")

    def ready(self):
        from portal.exchange.merges.alarms import of_merges
        from portal.exchange.uploads.alarms import of_held_uploads, of_takings_back
        from portal.exchange.webhooks.alarms import of_the_webhooks
        from tasks import alarms

        alarms.add("exchange.view_webhookendpoint", of_the_webhooks)
        alarms.add("exchange.release_upload", of_held_uploads)
        alarms.add("exchange.take_back_upload", of_takings_back)
        alarms.add("exchange.decide_merge", of_merges)
        post_migrate.connect(make_help_desk, sender=self)
        post_migrate.connect(make_connection_group, sender=self)
        post_migrate.connect(make_register_group, sender=self)
