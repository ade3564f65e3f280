from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ApplicationsConfig(AppConfig):
    name = "portal.applications"
    verbose_name = _("Applications")

    def ready(self):
        from portal.applications.catalogue import page_of_procedure
        from portal.applications.office_groups import make_office_groups
        from portal.applications.ship import ship
        from tasks import offers

        offers.catalogues.append(page_of_procedure)
        post_migrate.connect(ship, sender=self)
        post_migrate.connect(make_office_groups, sender=self)
