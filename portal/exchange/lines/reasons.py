"""Why a line is set aside: what is wrong, where, and what to do next."""

from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _

NOT_UTF_8 = "not-utf-8"
NUL = "nul"
TOO_LONG = "too-long"
NOT_JSON = "not-json"
TOO_DEEP = "too-deep"
NOT_AN_OBJECT = "not-an-object"
DUPLICATE_KEY = "duplicate-key"
MY_NUMBER = "my-number"
UNKNOWN_KIND = "unknown-kind"
MISSING_FIELD = "missing-field"
WRONG_TYPE = "wrong-type"
WRONG_LENGTH = "wrong-length"
NOT_A_CHOICE = "not-a-choice"
NOT_A_DATE = "not-a-date"
DATE_OUT_OF_RANGE = "date-out-of-range"
NUMBER_OUT_OF_RANGE = "number-out-of-range"
ENDS_BEFORE_IT_BEGINS = "ends-before-it-begins"
EMAIL = "email"
RECORD_ID = "record-id"
MUNICIPALITY_CHECK_DIGIT = "municipality-check-digit"
UNKNOWN_MUNICIPALITY = "unknown-municipality"
OWN_GUARDIAN = "own-guardian"
MERGED_INTO_ITSELF = "merged-into-itself"
UNKNOWN_PERSON = "unknown-person"
GUARDIAN_OF_AN_ADULT = "guardian-of-an-adult"
BEFORE_BIRTH = "before-birth"
BORN_ON_ANOTHER_DAY = "born-on-another-day"
REF_OF_ANOTHER = "ref-of-another-person"
ANOTHER_SOURCE = "another-source"
KIND_NOT_AGREED = "kind-not-agreed"
ANOTHER_MUNICIPALITY = "another-municipality"
MERGED_REF = "merged-reference"

# As staff find them in a list.
NAMES = {
    NOT_UTF_8: _("not UTF-8"),
    NUL: _("holds a NUL character"),
    TOO_LONG: _("too long"),
    NOT_JSON: _("not complete JSON"),
    TOO_DEEP: _("nested too deeply"),
    NOT_AN_OBJECT: _("not a JSON object"),
    DUPLICATE_KEY: _("a field stands twice"),
    MY_NUMBER: _("could hold a My Number"),
    UNKNOWN_KIND: _("unknown kind"),
    MISSING_FIELD: _("a field is missing"),
    WRONG_TYPE: _("a value of the wrong type"),
    WRONG_LENGTH: _("a value is empty or too long"),
    NOT_A_CHOICE: _("a value that is not agreed"),
    NOT_A_DATE: _("not a date of the calendar"),
    DATE_OUT_OF_RANGE: _("a date too far away"),
    NUMBER_OUT_OF_RANGE: _("an impossible number"),
    ENDS_BEFORE_IT_BEGINS: _("ends before it begins"),
    EMAIL: _("not an e-mail address"),
    RECORD_ID: _("not the number of a record"),
    MUNICIPALITY_CHECK_DIGIT: _("a wrong check digit of a municipality"),
    UNKNOWN_MUNICIPALITY: _("unknown municipality"),
    OWN_GUARDIAN: _("guardian of oneself"),
    MERGED_INTO_ITSELF: _("merged into itself"),
    UNKNOWN_PERSON: _("the person has not been reported"),
    GUARDIAN_OF_AN_ADULT: _("guardian of an adult"),
    BEFORE_BIRTH: _("before the person's birth"),
    BORN_ON_ANOTHER_DAY: _("born on another day, by the register"),
    REF_OF_ANOTHER: _("an application of another person"),
    ANOTHER_SOURCE: _("another source’s record"),
    KIND_NOT_AGREED: _("a kind that was not agreed"),
    ANOTHER_MUNICIPALITY: _("a resident of another municipality"),
    MERGED_REF: _("a reference that was merged into another"),
}

SENTENCES = {
    NOT_UTF_8: _("The line is not UTF-8 ({detail}). Write the file in UTF-8 and send it again."),
    NUL: _("The line holds a NUL character. Remove it and send the line again."),
    TOO_LONG: _(
        "The line has {detail} bytes and the limit is 65,536; its text is not kept. Check "
        "whether line ends are missing, and send the file again."
    ),
    NOT_JSON: _("The line is not complete JSON ({detail}). Send the whole line again."),
    TOO_DEEP: _("The line is nested too deeply. Send one flat JSON object."),
    NOT_AN_OBJECT: _("The line is JSON but not an object. Send one object: {{…}}."),
    DUPLICATE_KEY: _(
        "The field {detail} stands twice in the line, so it is not clear which one is meant. "
        "Send the line again with one."
    ),
    MY_NUMBER: _(
        "The line holds twelve digits that could be a My Number. My Numbers are never taken, so "
        "its text is not kept. Remove the number and send the line again."
    ),
    UNKNOWN_KIND: _(
        "This portal does not receive the kind {detail} (yet). Check the field “kind”."
    ),
    MISSING_FIELD: _("The field {detail} is missing. Add it and send the line again."),
    WRONG_TYPE: _("The field {detail} has a value of the wrong type. See the format of the kind."),
    WRONG_LENGTH: _("The field {detail} is empty or too long. See the limit of the field."),
    NOT_A_CHOICE: _("The field {detail} has a value that is not among those agreed."),
    NOT_A_DATE: _(
        "The field {detail} is not a date of the calendar (2027-05-20), or not a moment with its "
        "time zone (2026-11-01T03:00:00+09:00). Correct it and send the line again."
    ),
    DATE_OUT_OF_RANGE: _(
        "The date in the field {detail} is too far in the past or in the future. Check the "
        "year. If it lies ahead, send the line when the day has come."
    ),
    NUMBER_OUT_OF_RANGE: _(
        "The number in the field {detail} cannot be right: it is too small or too large. Check the "
        "unit (grams, centimetres, weeks) and send the line again."
    ),
    ENDS_BEFORE_IT_BEGINS: _("The last day ({detail}) is before the first. Correct one of them."),
    EMAIL: _("The field {detail} is not an e-mail address. Correct it or leave it out."),
    RECORD_ID: _(
        "The field {detail} is empty or has white space in it. Send the number that your system "
        "gave the record, or leave the field out."
    ),
    MUNICIPALITY_CHECK_DIGIT: _(
        "{detail} is not a municipality's code: its sixth digit does not fit the others. Check "
        "the code for a typing error."
    ),
    UNKNOWN_MUNICIPALITY: _(
        "No municipality has the code {detail}. Send the code of the city, town, village or "
        "special ward, not of a ward of a city or of a prefecture."
    ),
    OWN_GUARDIAN: _("The guardian and the child are the same person. Correct one of them."),
    MERGED_INTO_ITSELF: _("The record is merged into itself. Send the other record's id."),
    UNKNOWN_PERSON: _(
        "The person {detail} has not been reported yet. The line is taken by itself when the "
        "register reports this person. If that does not happen, check the id."
    ),
    GUARDIAN_OF_AN_ADULT: _(
        "The guardianship begins when {detail} is already 18. Check the day it begins and the "
        "date of birth."
    ),
    BEFORE_BIRTH: _(
        "The day of this record is before the birth of {detail}. Check the day, and whose record "
        "it is. If the register corrects the date of birth, the line is taken by itself."
    ),
    BORN_ON_ANOTHER_DAY: _(
        "The register has another date of birth for {detail}, so this may be the record of "
        "another child. Check the id and the date. If the register corrects its own, the line "
        "is taken by itself."
    ),
    REF_OF_ANOTHER: _(
        "The application {detail} has been reported as another person’s, so nobody’s page was "
        "changed. Check the number and the person, and send the line again."
    ),
    ANOTHER_SOURCE: _(
        "The field “source” says {detail}, and this connection speaks for another source. Send "
        "your own facts only, with your own key in “source”."
    ),
    KIND_NOT_AGREED: _(
        "This connection does not send the kind {detail}. If it should, ask the office that runs "
        "the portal, and then send the line again."
    ),
    ANOTHER_MUNICIPALITY: _(
        "The register has never reported {detail} as a resident of your municipality. Check the "
        "id. If the person has just moved in, the line is taken by itself when the register "
        "reports it."
    ),
    MERGED_REF: _(
        "The reference {detail} was merged into another by the register’s own word, and this line "
        "says otherwise. Nothing was changed: a clerk has to look. Send the facts with the other "
        "reference."
    ),
}


def sentence(reason: str, detail: str) -> str:
    """Return, in the reader's language, why a line was set aside and what to do."""
    if reason not in SENTENCES:
        return translate("The line could not be taken ({detail}).").format(detail=reason)
    return str(SENTENCES[reason]).format(detail=detail)
