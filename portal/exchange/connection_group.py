"""The group of those who connect sources: their connections, keys and clients, and no resident."""

from portal.migrated import has_table

GROUP = "connection managers"
MAY = [
    *("view_connection", "add_connection", "change_connection"),
    *("view_upload", "release_upload", "take_back_upload"),
    *("view_webhookendpoint", "add_webhookendpoint", "change_webhookendpoint"),
    "view_webhookdelivery",
]


def make_connection_group(using, **kwargs):
    """Make the group after each `migrate`, when Django has made the permissions."""
    from django.contrib.auth.models import Group, Permission

    if not has_table(Group, using=using):
        return
    group, _new = Group.objects.using(using).get_or_create(name=GROUP)
    group.permissions.add(
        *Permission.objects.using(using).filter(
            content_type__app_label="exchange", codename__in=MAY
        )
    )
