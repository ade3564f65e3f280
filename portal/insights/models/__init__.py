"""What is counted of the portal and its use: sums, never a trail of a person."""

from portal.insights.models.figures import ALL, Measure, Week, WeekFigure
from portal.insights.models.now import SaidNow
from portal.insights.models.use import UseBatch, UseDay, UseMinute

__all__ = [
    "ALL",
    "Measure",
    "SaidNow",
    "UseBatch",
    "UseDay",
    "UseMinute",
    "Week",
    "WeekFigure",
]
