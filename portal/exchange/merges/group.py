"""The group of those who decide whether two records of the register are one person's.

They see those of their own offices, so each of them is a member of one (or is a superuser).
"""

from portal.migrated import make_group

GROUP = "register clerks"
MAY = {
    "residents": ["view_resident", "view_guardianship", "view_factreport"],
    "exchange": ["view_merge", "decide_merge"],
}


def make_register_group(using, **kwargs):
    """Make the group after each `migrate`, when Django has made the permissions."""
    make_group(GROUP, MAY, using=using)
