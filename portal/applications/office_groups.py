"""The groups of those who work on applications; a decider can do all that a case worker can.

Deciders also write their office's templates of messages.
"""

from portal.migrated import has_table

CASE_WORKERS, DECIDERS = "case workers", "deciders"
APPS = ["applications", "residents"]
MAY_ALL = [
    *("view_application", "process_application"),
    *("view_accessquestion", "change_accessquestion"),  # of their own office
]
MAY_WRITE = [f"{what}_messagetemplate" for what in ("view", "add", "change", "delete")]
MAY = {CASE_WORKERS: MAY_ALL, DECIDERS: [*MAY_ALL, "decide_application", *MAY_WRITE]}


def make_office_groups(using, **kwargs):
    """Make both groups after each `migrate`, when Django has made the permissions."""
    from django.contrib.auth.models import Group, Permission

    if not has_table(Group, using=using):
        return
    permissions = Permission.objects.using(using).filter(content_type__app_label__in=APPS)
    for name, codenames in MAY.items():
        group, _new = Group.objects.using(using).get_or_create(name=name)
        group.permissions.add(*permissions.filter(codename__in=codenames))
