from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class FeedbackConfig(AppConfig):
    name = "feedback"
    verbose_name = _("Opinions and improvements")

    def ready(self):
        from feedback.alarms import of_the_pages
        from feedback.review_groups import make_review_groups
        from tasks import alarms

        alarms.add("feedback.review_opinion", of_the_pages)
        post_migrate.connect(make_review_groups, sender=self)
