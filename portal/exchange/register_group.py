"""The group of those who decide whether two records of the register are one person's.

They see those of their own offices, so each of them is a member of one (or is a superuser).
"""

from portal.migrated import has_table

GROUP = "register clerks"
MAY = {
    "residents": ["view_resident", "view_guardianship", "view_factreport"],
    "exchange": ["view_merge", "decide_merge"],
}


def make_register_group(using, **kwargs):
    """Make the group after each `migrate`, when Django has made the permissions."""
    from django.contrib.auth.models import Group, Permission

    if not has_table(Group, using=using):
        return
    group, _new = Group.objects.using(using).get_or_create(name=GROUP)
    for app, codenames in MAY.items():
        group.permissions.add(
            *Permission.objects.using(using).filter(
                content_type__app_label=app, codename__in=codenames
            )
        )
