"""The group of those who answer residents' questions: they look and change nothing."""

from portal.migrated import has_table

GROUP = "help desk"
MAY_VIEW = {
    "residents": ["resident", "guardianship", "factreport", "source"],
    "card": ["certificate", "insuranceuse", "benefitaccount"],
    "tasks": ["task", "rulerecord", "ruleversion", "sweep"],
    "reminders": ["reminder", "message"],
    "childcare": [
        *("birth", "checkup", "vaccination", "duedose", "notmine", "recordanswer"),
        *("familyvaccination", "familymeasurement", "familystatement", "checkupcalendar"),
    ],
    "exchange": ["upload", "quarantinedline"],
}


def make_help_desk(using, **kwargs):
    """Give the group what it may view, after each `migrate`.

    A data migration could not: Django makes the permissions when all migrations are through. For
    another set of permissions make a group of another name; this one's come back.
    """
    from django.contrib.auth.models import Group, Permission

    if not has_table(Group, using=using):
        return
    group, _new = Group.objects.using(using).get_or_create(name=GROUP)
    for app, models in MAY_VIEW.items():
        group.permissions.add(
            *Permission.objects.using(using).filter(
                content_type__app_label=app, codename__in=[f"view_{model}" for model in models]
            )
        )
