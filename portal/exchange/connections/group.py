"""The group of those who connect sources: their connections, keys and clients, and no resident."""

from portal.migrated import make_group

GROUP = "connection managers"
MAY = [
    *("view_connection", "add_connection", "change_connection"),
    *("view_upload", "release_upload", "take_back_upload"),
    *("view_webhookendpoint", "add_webhookendpoint", "change_webhookendpoint"),
    "view_webhookdelivery",
]


def make_connection_group(using, **kwargs):
    """Make the group after each `migrate`, when Django has made the permissions."""
    make_group(GROUP, {"exchange": MAY}, using=using)
