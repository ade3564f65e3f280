"""What is counted of the portal and its use: sums, never a trail of a person."""

from portal.insights.models.use import UseBatch, UseDay, UseMinute

__all__ = ["UseBatch", "UseDay", "UseMinute"]
