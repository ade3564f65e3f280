"""Staff pages on rules and nights, and the tasks in a resident's record."""

from tasks.admin import nights, record, rules, versions

__all__ = ["nights", "record", "rules", "versions"]
