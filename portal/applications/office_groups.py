"""The groups of those who work on applications; a decider can do all that a case worker can.

Deciders also write their office's templates of messages.
"""

from portal.migrated import make_group

CASE_WORKERS, DECIDERS = "case workers", "deciders"
QUESTIONS = ["view_accessquestion", "change_accessquestion"]  # of their own office
MAY_ALL = ["view_application", "process_application"]
MAY_WRITE = [f"{what}_messagetemplate" for what in ("view", "add", "change", "delete")]
MAY = {CASE_WORKERS: MAY_ALL, DECIDERS: [*MAY_ALL, "decide_application", *MAY_WRITE]}


def make_office_groups(using, **kwargs):
    """Make both groups after each `migrate`, when Django has made the permissions."""
    for name, codenames in MAY.items():
        make_group(name, {"applications": codenames, "residents": QUESTIONS}, using=using)
