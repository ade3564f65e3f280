"""The group of those who answer residents' questions: they look and change nothing."""

from portal.migrated import make_group

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

    For another set of permissions make a group of another name; this one's come back.
    """
    may = {app: [f"view_{model}" for model in models] for app, models in MAY_VIEW.items()}
    make_group(GROUP, may, using=using)
