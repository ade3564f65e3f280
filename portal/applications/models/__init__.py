"""What can be applied for, what somebody applied for, and what the office does with it.

`procedure` is what a municipality offers, as versions of a definition; `application` what a
resident fills in and sends, and what happens to it; `case` what staff need to work on it.
"""

from portal.applications.models.application import (
    Application,
    ApplicationEvent,
    ApplicationRef,
    Attachment,
    CorrectionRequest,
    Message,
    Notice,
    Outcome,
    State,
    Turn,
)
from portal.applications.models.case import MessageTemplate, UsualDuration
from portal.applications.models.procedure import Procedure, ProcedureVersion

__all__ = [
    "Application",
    "ApplicationEvent",
    "ApplicationRef",
    "Attachment",
    "CorrectionRequest",
    "Message",
    "MessageTemplate",
    "Notice",
    "Outcome",
    "Procedure",
    "ProcedureVersion",
    "State",
    "Turn",
    "UsualDuration",
]
