"""What is known of a child, by who said it, and what follows from it.

`records` is what sources report, `family` what the family entered or said about it, `plan` what
the portal works out of both, `after_birth` what is to be done when a child is born, and
`calendar_feed` where a family's calendar program fetches its dates.
"""

from childcare.models.after_birth import AfterBirth, AllowanceAnswer, AnnouncedBirth, StepDone
from childcare.models.calendar_feed import CalendarFeed
from childcare.models.family import (
    FamilyMeasurement,
    FamilyStatement,
    FamilyVaccination,
    NotMine,
    RecordAnswer,
    SeriesEnd,
)
from childcare.models.plan import CheckupCalendar, DueCheckup, DueDose, VaccinationForecast
from childcare.models.records import Birth, Checkup, Vaccination

__all__ = [
    "AfterBirth",
    "AllowanceAnswer",
    "AnnouncedBirth",
    "Birth",
    "CalendarFeed",
    "Checkup",
    "CheckupCalendar",
    "DueCheckup",
    "DueDose",
    "FamilyMeasurement",
    "FamilyStatement",
    "FamilyVaccination",
    "NotMine",
    "RecordAnswer",
    "SeriesEnd",
    "StepDone",
    "Vaccination",
    "VaccinationForecast",
]
