"""The groups of those who review opinions, and of those who tell everyone what was changed."""

from portal.migrated import make_group

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
    for name, codenames in MAY.items():
        make_group(name, {"feedback": codenames}, using=using)
