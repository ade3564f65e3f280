"""Whether a model's table is there, for what runs after each `migrate`."""

from django.db import connections


def has_table(model, *, using: str) -> bool:
    """Return False where only some of the migrations were asked for (`migrate app 0001`)."""
    return model._meta.db_table in connections[using].introspection.table_names()
