"""Staff pages: the queue of an office, its cases, templates of messages, who works where."""

from portal.applications.admin import cases, notices, offices, procedures

__all__ = ["cases", "notices", "offices", "procedures"]
