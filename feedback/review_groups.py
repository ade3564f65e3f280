"""The groups of those who review opinions, and of those who tell everyone what was changed."""

from portal.migrated import has_table

REVIEWERS, PUBLISHERS = "opinion reviewers", "opinion publishers"
MAY_REVIEW = ["view_opinion", "review_opinion", "view_improvement", "view_tag", "view_pageowner"]
MAY = {
    REVIEWERS: [*MAY_REVIEW, "add_improvement", "change_improvement"],
    PUBLISHERS: [
        *(*MAY_REVIEW, "add_improvement", "change_improvement", "publish_improvement"),
        *("add_pageowner", "change_pageowner", "delete_pageowner"),
    ],
}


def make_review_groups(using, **kwargs):
    """Make both groups after each `migrate`, when Django has made the permissions."""
    from django.contrib.auth.models import Group, Permission

    if not has_table(Group, using=using):
        return
    permissions = Permission.objects.using(using).filter(content_type__app_label="feedback")
    for name, codenames in MAY.items():
        group, _new = Group.objects.using(using).get_or_create(name=name)
        group.permissions.add(*permissions.filter(codename__in=codenames))
