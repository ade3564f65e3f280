"""The staff pages: who connects, what came in, the lines set aside, and what went out."""

from portal.exchange.admin import connections, lines, merges, uploads, webhooks

__all__ = ["connections", "lines", "merges", "uploads", "webhooks"]
