"""The staff pages: who connects, what came in, the lines set aside, and what went out."""

from portal.exchange.admin import connections, uploads, webhooks

__all__ = ["connections", "uploads", "webhooks"]
