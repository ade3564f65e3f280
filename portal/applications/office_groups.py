"""The groups of those who work on applications; a decider can do all that a case worker can."""

from portal.migrated import has_table

CASE_WORKERS, DECIDERS = "case workers", "deciders"
MAY = {
    CASE_WORKERS: ["view_application", "process_application"],
    DECIDERS: ["view_application", "process_application", "decide_application"],
}


def make_office_groups(using, **kwargs):
    """Make both groups after each `migrate`, when Django has made the permissions."""
    from django.contrib.auth.models import Group, Permission

    if not has_table(Group, using=using):
        return
    permissions = Permission.objects.using(using).filter(content_type__app_label="applications")
    for name, codenames in MAY.items():
        group, _new = Group.objects.using(using).get_or_create(name=name)
        group.permissions.add(*permissions.filter(codename__in=codenames))
