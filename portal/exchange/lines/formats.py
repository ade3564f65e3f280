"""The kinds of facts, and how one line of NDJSON becomes one of them. Described in docs/facts.md.

A line is read without the database, so what can be wrong here is wrong in the line itself.
"""

import json
import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, ClassVar, Literal, NamedTuple, Union

import msgspec
from msgspec import Meta, Struct, field

from portal.exchange.lines import reasons
from portal.residents.codes import (
    holds_my_number,
    is_municipality_code,
    may_hold_twelve_digits,
)

LONGEST_LINE = 64 * 1024  # bytes, without the line end
FIRST_DAY = date(1868, 1, 1)
LAST_DAY = date(2200, 12, 31)
# A clock ahead is the source's affair; this only catches a mistyped century.
CHECKED_AHEAD = timedelta(days=3653)

# An id: of a person, a source, a certificate.
Id = Annotated[str, Meta(min_length=1, max_length=64)]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Kana = Annotated[str, Meta(max_length=200)]
# What goes to a mail server as it stands. Dots anywhere before the @: Japanese carriers gave such
# addresses out. No quotes, comments or encoded words, which would lead to another mailbox.
Email = Annotated[
    str,
    Meta(
        max_length=254,
        pattern=r"^((?!=\?)[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@"
        r"([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z0-9-]*[A-Za-z0-9])?\Z",
    ),
]
Moment = Annotated[datetime, Meta(tz=True)]
# The number that a source gave one of its records. Without white space, so that behind the
# source's key it cannot be taken for a part of that.
RecordId = Annotated[str, Meta(max_length=64, pattern=r"^\S+\Z")]
# A code of ours, or whatever the source calls it.
Code = Annotated[str, Meta(min_length=1, max_length=64)]
Place = Annotated[str, Meta(max_length=200)]
# What a person can measure; beyond it another unit was meant, or a digit is missing.
Grams = Annotated[int, Meta(ge=100, le=200_000)]
Height = Annotated[float, Meta(ge=10, le=250)]
Head = Annotated[float, Meta(ge=10, le=80)]

_KEY = re.compile(r'"\s*:')
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})|\\.")


class Refused(Exception):
    """The line cannot be taken: a code of `reasons`, and what exactly."""

    def __init__(self, reason: str, detail: str = ""):
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


class Sender(NamedTuple):
    """What a connection may send: of its source, of these kinds, of one municipality or all."""

    source: str
    kinds: frozenset[str]
    municipality: str | None = None


class Line(NamedTuple):
    """A line as it goes into the staging table: a report, or the reason for setting it aside.

    `within` is the only municipality whose residents its sender reports, if there is one.
    """

    text: str
    reason: str = ""
    detail: str = ""
    kind: str | None = None
    source: str | None = None
    person: str | None = None
    guardian: str | None = None
    key: str | None = None
    checked_at: str | None = None
    value: str | None = None
    within: str | None = None


# ---- who says it, about whom, and when
class FromTheRegister(Struct):
    source: Id
    person: Id = field(name="ref")
    checked_at: Moment | None = None
    guardian: ClassVar[None] = None


class OfAChild(Struct):
    source: Id
    guardian: Id
    person: Id = field(name="child")
    checked_at: Moment | None = None


class OfAPerson(Struct):
    source: Id
    person: Id = field(name="resident")
    checked_at: Moment
    guardian: ClassVar[None] = None


class OnPaper(Struct):
    """A record about a person, whose source need not say when it knew that."""

    source: Id
    person: Id = field(name="resident")
    checked_at: Moment | None = None
    guardian: ClassVar[None] = None


class OfAnApplication(Struct):
    """A state of an application, which lasts since the moment `at`."""

    source: Id
    person: Id = field(name="resident")
    checked_at: Moment = field(name="at")
    guardian: ClassVar[None] = None


# ---- what is said
class Value(Struct, omit_defaults=True):
    """What a report says, and nothing else of the line: this is what the history keeps."""

    about: ClassVar[type[Struct]] = OfAPerson
    past: ClassVar[tuple[str, ...]] = ()
    days: ClassVar[tuple[str, ...]] = ()

    def key(self, about) -> str:
        """Return what names this fact among the others of its kind about the same person."""
        return ""

    def check(self, about, reader: "Reader") -> None:
        """Raise Refused if the fields do not go together."""
        for name in self.past:
            require_day(name, getattr(self, name), reader.today)
        for name in self.days:
            require_day(name, getattr(self, name), LAST_DAY)


class ResidentValue(Value):
    municipality: str
    name: Name
    born: date
    name_kana: Kana = ""
    email: Email | None = None
    language: str = "ja"
    died_on: date | None = None
    moved_out_on: date | None = None
    merged_into: Id | None = None
    moved_on: date | None = None
    name_changed_on: date | None = None

    about = FromTheRegister
    past = ("born", "died_on", "moved_out_on", "moved_on", "name_changed_on")

    def __post_init__(self):
        if self.language != "en":
            self.language = "ja"  # the portal speaks these two
        if self.email == "":
            self.email = None

    def check(self, about, reader):
        if self.municipality not in reader.municipalities:
            if is_municipality_code(self.municipality):
                raise Refused(reasons.UNKNOWN_MUNICIPALITY, self.municipality)
            raise Refused(reasons.MUNICIPALITY_CHECK_DIGIT, self.municipality[:20])
        if self.merged_into == about.person:
            raise Refused(reasons.MERGED_INTO_ITSELF)
        super().check(about, reader)


class GuardianshipValue(Value):
    starts_on: date = field(name="from")
    until: date | None = None

    about = OfAChild
    days = ("starts_on", "until")

    def key(self, about):
        return about.guardian

    def check(self, about, reader):
        if about.guardian == about.person:
            raise Refused(reasons.OWN_GUARDIAN)
        super().check(about, reader)
        if self.until and self.until < self.starts_on:
            raise Refused(reasons.ENDS_BEFORE_IT_BEGINS, "until")


class CertificateValue(Value):
    type: Literal["user-authentication", "signature", "card"]
    serial: Id
    expires_on: date

    days = ("expires_on",)

    def key(self, about):
        return f"{self.type} {self.serial}"


class InsuranceValue(Value):
    status: Literal["registered", "not-registered", "confirmation-certificate", "unknown"]
    valid_until: date | None = None

    days = ("valid_until",)


class AccountValue(Value):
    status: Literal["registered", "not-registered", "unknown"]


class BirthValue(Value):
    born: date
    sex: Literal["F", "M"] | None = None
    gestation_weeks: Annotated[int, Meta(ge=15, le=45)] | None = None
    gestation_days: Annotated[int, Meta(ge=0, le=6)] | None = None
    weight_g: Grams | None = None
    height_cm: Height | None = None
    head_cm: Head | None = None
    place: Place | None = None
    withdrawn: bool = False

    about = OnPaper
    past = ("born",)

    def check(self, about, reader):
        super().check(about, reader)
        if self.gestation_days is not None and self.gestation_weeks is None:
            raise Refused(reasons.MISSING_FIELD, "gestation_weeks")


class RecordValue(Value, kw_only=True):
    """One of several records of a kind about a person: what was done on a day."""

    on: date
    id: RecordId | None = None
    withdrawn: bool = False

    about = OnPaper
    past = ("on",)
    what: ClassVar[str]

    def __post_init__(self):
        setattr(self, self.what, getattr(self, self.what).strip())

    def key(self, about):
        """By the source's own number, which begins with "#"; else by what and when."""
        if self.id:
            return f"{about.source} #{self.id}"
        return f"{getattr(self, self.what)} {self.on}"

    def check(self, about, reader):
        super().check(about, reader)
        if not getattr(self, self.what):
            raise Refused(reasons.WRONG_LENGTH, self.what)


class CheckupValue(RecordValue, kw_only=True):
    checkup: Code
    findings: Annotated[str, Meta(max_length=4000)] | None = None
    weight_g: Grams | None = None
    height_cm: Height | None = None
    head_cm: Head | None = None
    place: Place | None = None

    what = "checkup"


class VaccinationValue(RecordValue, kw_only=True):
    vaccine: Code
    lot: Annotated[str, Meta(max_length=64)] | None = None
    clinic: Place | None = None

    what = "vaccine"


Status = Literal[
    "received",
    "under-review",
    "correction",
    "with-others",
    "granted",
    "refused",
    "completed",
    "withdrawn",
]


class ApplicationStatusValue(Value):
    """How an application stands that was made elsewhere; `seq` says which report is the newest."""

    ref: RecordId
    procedure: Code
    status: Status
    seq: Annotated[int, Meta(ge=0, le=2**63 - 1)]

    about = OfAnApplication

    def key(self, about):
        return f"{about.source} {self.ref}"

    def check(self, about, reader):
        super().check(about, reader)
        if not self.ref:
            raise Refused(reasons.RECORD_ID, "ref")


KINDS: dict[str, type[Value]] = {
    "resident": ResidentValue,
    "guardianship": GuardianshipValue,
    "certificate": CertificateValue,
    "insurance": InsuranceValue,
    "account": AccountValue,
    "birth": BirthValue,
    "checkup": CheckupValue,
    "vaccination": VaccinationValue,
    "application-status": ApplicationStatusValue,
}


def fields_of(kind: str) -> dict[str, bool]:
    """Return of each field of a line of this kind, by its name there, whether it is required."""
    value = KINDS[kind]
    fields = [*msgspec.structs.fields(value.about), *msgspec.structs.fields(value)]
    return {"kind": True} | {one.encode_name: one.required for one in fields}


_encode = msgspec.json.Encoder().encode
# What a plain line is read by: whose fact it is and of which kind, and what is said.
_ABOUT = {
    msgspec.defstruct(
        value.__name__, [], bases=(value.about,), tag=kind, tag_field="kind", omit_defaults=True
    ): kind
    for kind, value in KINDS.items()
}
_decode_about = msgspec.json.Decoder(Union[tuple(_ABOUT)]).decode  # noqa: UP007 - of a tuple
_decode_value = {kind: msgspec.json.Decoder(value).decode for kind, value in KINDS.items()}


class Reader:
    """Reads lines for one load: what it needs to know beside the line is the day and the codes."""

    def __init__(self, *, today: date, municipalities: set[str]):
        self.today, self.municipalities = today, municipalities

    def read(self, raw: bytes, sender: Sender | None = None) -> Line:
        """Return the line as a report, or with the reason for setting it aside. Never raises.

        Without a `sender` every source and kind is taken.
        """
        return self._plainly(raw, sender) or self._carefully(raw, sender)

    def _plainly(self, raw: bytes, sender: Sender | None) -> Line | None:
        """Read a line as most are, for a third of the work; None: it has to be looked at closely.

        A text without escapes has two quotes a name and two a string. If it has no more than what
        was read of it would have, then no field came twice, and none is unknown.
        """
        if b"\\" in raw or b"\0" in raw:
            return None
        try:
            text = raw.decode()
            if may_hold_twelve_digits(raw) if raw.isascii() else holds_my_number(text):
                return None
            about = _decode_about(raw)
            kind = _ABOUT[type(about)]
            if sender and kind not in sender.kinds:
                return None
            value = _decode_value[kind](raw)
            said = _encode(value)
            if raw.count(b'"') != _encode(about).count(b'"') + said.count(b'"'):
                return None
            self._check(kind, about, value, sender)
        except (msgspec.MsgspecError, Refused, RecursionError, UnicodeDecodeError):
            return None
        return self._line(text, kind, about, value.key(about), said, sender)

    def _carefully(self, raw: bytes, sender: Sender | None) -> Line:
        text = raw.decode(errors="replace")
        as_meant = without_escapes(text) if "\\" in text else text
        if holds_my_number(as_meant):
            return Line(text="", reason=reasons.MY_NUMBER)
        try:
            if "\0" in as_meant:
                raise Refused(reasons.NUL)
            return self._report(raw.decode(), raw, sender)
        except UnicodeDecodeError as error:
            reason, detail = reasons.NOT_UTF_8, f"byte {error.start + 1}"
        except RecursionError:
            reason, detail = reasons.TOO_DEEP, ""
        except Refused as error:
            reason, detail = error.reason, error.detail
        # What is no text is kept escaped: so it cannot pass for whole on a second try.
        kept = raw.decode(errors="backslashreplace").replace("\0", "\\x00")
        return Line(text=kept, reason=reason, detail=detail)

    def _report(self, text: str, raw: bytes, sender: Sender | None) -> Line:
        fields = decode(raw)
        if not isinstance(fields, dict):
            raise Refused(reasons.NOT_AN_OBJECT)
        if len(_KEY.findall(text)) != len(fields):
            refuse_a_repeated_key(text)
        kind = fields.get("kind")
        if kind is None:
            raise Refused(reasons.MISSING_FIELD, "kind")
        if not isinstance(kind, str):
            raise Refused(reasons.WRONG_TYPE, "kind")
        if kind not in KINDS:
            raise Refused(reasons.UNKNOWN_KIND, kind[:64])
        if sender and kind not in sender.kinds:
            raise Refused(reasons.KIND_NOT_AGREED, kind)
        try:
            about = msgspec.convert(fields, KINDS[kind].about)
            value = msgspec.convert(fields, KINDS[kind])
        except msgspec.ValidationError as error:
            raise refusal(str(error)) from error
        self._check(kind, about, value, sender)
        return self._line(text, kind, about, value.key(about), _encode(value), sender)

    def _check(self, kind: str, about, value: Value, sender: Sender | None) -> None:
        """Raise Refused if the sender may not say this, or the fields do not go together."""
        if sender and about.source != sender.source:
            raise Refused(reasons.ANOTHER_SOURCE, about.source)
        if about.checked_at:
            called = "at" if kind == "application-status" else "checked_at"
            require_day(called, about.checked_at.date(), self.today + CHECKED_AHEAD)
        value.check(about, self)

    @staticmethod
    def _line(text: str, kind: str, about, key: str, said: bytes, sender: Sender | None) -> Line:
        # In UTC: PostgreSQL reads no offset of 16 hours or more, which RFC 3339 allows.
        at = about.checked_at and _encode(about.checked_at.astimezone(UTC))[1:-1].decode()
        who = (about.source, about.person, about.guardian)
        within = sender.municipality if sender else None
        return Line(text, "", "", kind, *who, key, at, said.decode(), within)


def without_escapes(text: str) -> str:
    """Return JSON text with its escapes read, to be searched; it need not be JSON any more."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else " ", text)


def decode(raw: bytes):
    try:
        return msgspec.json.decode(raw)
    except msgspec.DecodeError as error:
        raise Refused(reasons.NOT_JSON, str(error).removeprefix("JSON is malformed: ")) from error


def refuse_a_repeated_key(text: str) -> None:
    """Raise Refused if the object, or one within, names a field twice."""

    def once_each(pairs):
        fields = {}
        for name, value in pairs:
            if name in fields:
                raise Refused(reasons.DUPLICATE_KEY, name[:64])
            fields[name] = value
        return fields

    json.loads(text, object_pairs_hook=once_each)


def require_day(name: str, day: date | None, last: date) -> None:
    if day is not None and not FIRST_DAY <= day <= last:
        raise Refused(reasons.DATE_OUT_OF_RANGE, "from" if name == "starts_on" else name)


def refusal(message: str) -> Refused:
    """Return the reason that msgspec's message names; of the line only the field's name."""
    if message.startswith("Object missing required field"):
        return Refused(reasons.MISSING_FIELD, re.findall(r"`([^`]*)`", message)[0])
    what, _at, where = message.rpartition(" - at ")
    name = where.strip("`").removeprefix("$.") if what else ""
    for part, reason in {
        "encoded date": reasons.NOT_A_DATE,
        "timezone": reasons.NOT_A_DATE,
        "of length": reasons.WRONG_LENGTH,
        " >= ": reasons.NUMBER_OUT_OF_RANGE,
        " <= ": reasons.NUMBER_OUT_OF_RANGE,
        "enum value": reasons.NOT_A_CHOICE,
        "matching regex": reasons.EMAIL if name == "email" else reasons.RECORD_ID,
    }.items():
        if part in what:
            return Refused(reason, name)
    return Refused(reasons.WRONG_TYPE, name)
