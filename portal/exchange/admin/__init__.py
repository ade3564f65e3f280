"""The staff pages: who connects, what came in, and the lines that could not be taken."""

from portal.exchange.admin import connections, uploads

__all__ = ["connections", "uploads"]
