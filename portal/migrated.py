"""What runs after each `migrate`: whether a model's table is there, and groups of staff."""

from collections.abc import Iterable, Mapping

from django.db import connections


def has_table(model, *, using: str) -> bool:
    """Return False where only some of the migrations were asked for (`migrate app 0001`)."""
    return model._meta.db_table in connections[using].introspection.table_names()


def make_group(name: str, may: Mapping[str, Iterable[str]], *, using: str) -> None:
    """Make a group that may do so much, by apps: {"exchange": ["view_upload"]}; nothing is taken.

    A data migration could not: Django makes the permissions when all migrations are through.
    """
    from django.contrib.auth.models import Group, Permission

    if not has_table(Group, using=using):
        return
    group, _new = Group.objects.using(using).get_or_create(name=name)
    for app, codenames in may.items():
        group.permissions.add(
            *Permission.objects.using(using).filter(
                content_type__app_label=app, codename__in=list(codenames)
            )
        )
