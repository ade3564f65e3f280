"""What a channel is asked to deliver, and what it answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Protocol
from uuid import UUID

from django.utils.functional import Promise


@dataclass(frozen=True)
class Line:
    """One reminder of a message: what to do, and by when; `possible_later` still after that."""

    reminder: int
    title: str | Promise
    due_on: date | None
    of_a_child: bool
    possible_later: bool = False


@dataclass(frozen=True)
class Letter:
    """A message to be delivered on a day; `uuid` is the same when it is repeated."""

    uuid: UUID
    day: date
    resident: int
    resident_uuid: UUID
    language: str
    address: str
    lines: Sequence[Line]


class Verdict(Enum):
    ACCEPTED = "accepted"
    REFUSED = "refused for good"
    LATER = "not now"
    NOBODY = "no device left"


@dataclass(frozen=True)
class Answer:
    """What the server said: a verdict, a short text without names, and whether to stop for now.

    `stops`: it takes nothing from anybody at the moment, so that the next would only wait too.
    """

    verdict: Verdict
    text: str = ""
    stops: bool = False


class Delivery(Protocol):
    def send(self, letter: Letter) -> Answer: ...

    def close(self) -> None: ...
