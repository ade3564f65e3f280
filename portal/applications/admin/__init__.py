"""Staff pages: the queue of an office, its cases, templates of messages, who works where."""

from portal.applications.admin import cases, offices, procedures

__all__ = ["cases", "offices", "procedures"]
