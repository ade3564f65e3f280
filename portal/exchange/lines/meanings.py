"""What each field of a line means, with its limits: on `/api/`, and as docs/facts.md says it.

Words between `these` are code.
"""

from django.utils.translation import gettext_lazy as _

from portal.exchange.lines.formats import fields_of

_NUMBER = _(
    "your own number of the record, 1 to 64 characters without white space, unique within your "
    "source and not twelve digits. A later line with it corrects the record"
)
_WITHDRAWN = _("`true` takes the record back")
_MEASURES = {
    "weight_g": _("100 to 200,000 grams"),
    "height_cm": _("10 to 250 cm, to a tenth"),
    "head_cm": _("around the head: 10 to 80 cm, to a tenth"),
    "place": _("where, up to 200 characters"),
}

# Where a kind does not say it otherwise.
EVERYWHERE = {
    "kind": _("the kind of the line"),
    "source": _("the key of your source, 1 to 64 characters"),
    "checked_at": _("the moment at which you knew this"),
}
MEANINGS = {
    "resident": {
        "ref": _("the register’s id of the person, 1 to 64 characters"),
        "municipality": _(
            "six digits, the last of them the check digit; a municipality or special ward, not a "
            "ward of a city or a prefecture"
        ),
        "name": _("as registered, 1 to 200 characters"),
        "born": _("date of birth, not in the future"),
        "name_kana": _("the name in kana, up to 200 characters"),
        "email": _("an address for reminders, up to 254 characters"),
        "language": _("`ja` or `en`; any other counts as `ja`"),
        "moved_on": _("day of the last change of address"),
        "name_changed_on": _("day of the last change of name"),
        "moved_out_on": _("day on which the person left the register, for another country say"),
        "died_on": _("day of death"),
        "merged_into": _("the `ref` of the record that stands for this person from now on"),
    },
    "guardianship": {
        "child": _("`ref` of the child"),
        "guardian": _("`ref` of who acts for it, another person"),
        "from": _("first day; before the child is 18"),
        "until": _(
            "last day, not before `from`. Without it, until the child is 18; it never lasts longer"
        ),
    },
    "certificate": {
        "resident": _("`ref` of the holder"),
        "type": _("`user-authentication`, `signature` or `card`"),
        "serial": _(
            "1 to 64 characters. Not twelve digits: they could be a My Number and are refused"
        ),
        "expires_on": _("last day on which it is valid"),
    },
    "insurance": {
        "resident": _("`ref` of the insured person"),
        "status": _(
            "`registered`, `not-registered`, `confirmation-certificate` (in hand instead) or "
            "`unknown`"
        ),
        "valid_until": _("last day for which you can say so"),
    },
    "account": {
        "resident": _("`ref` of the holder"),
        "status": _("`registered`, `not-registered` or `unknown`. Never the account itself"),
    },
    "birth": {
        "resident": _("`ref` of the child"),
        "born": _(
            "the day that the register has for this child: another one may mean another child"
        ),
        "sex": _("`F` or `M`. Without it nothing can be said of vaccinations for girls"),
        "gestation_weeks": _("15 to 45 weeks"),
        "gestation_days": _("0 to 6 days, only with the weeks"),
        **_MEASURES,
        "withdrawn": _WITHDRAWN,
    },
    "checkup": {
        "resident": _("`ref` of the person who was examined"),
        "checkup": _(
            "a code of this portal (`1m`, `18m`, `3y`), or what you call it, 1 to 64 characters"
        ),
        "on": _("the day, not before the birth and not in the future"),
        "findings": _("up to 4,000 characters"),
        **_MEASURES,
        "id": _NUMBER,
        "withdrawn": _WITHDRAWN,
    },
    "vaccination": {
        "resident": _("`ref` of the child"),
        "vaccine": _(
            "a code of this portal (`PCV`, `DPT_IPV_HIB`, `MR`), or what you call it, 1 to 64 "
            "characters. What the schedule does not know is shown and counts for nothing"
        ),
        "on": _("the day, not before the birth and not in the future"),
        "lot": _("up to 64 characters"),
        "clinic": _("up to 200 characters"),
        "id": _NUMBER,
        "withdrawn": _WITHDRAWN,
    },
    "application-status": {
        "resident": _("`ref` of the person who applied"),
        "ref": _(
            "your number of the application, 1 to 64 characters without white space, unique within "
            "your source and not twelve digits"
        ),
        "procedure": _(
            "the key of a procedure of this portal (`child-allowance`), or what you call it, 1 to "
            "64 characters"
        ),
        "status": _(
            "`received`, `under-review`, `correction` (the resident is to correct it), "
            "`with-others` (another office has it), `granted`, `refused`, `completed` (granted and "
            "carried out) or `withdrawn` (by the resident)"
        ),
        "seq": _(
            "a whole number from 0 on, higher with each report of this application: a counter, or "
            "the number of the entry in your log"
        ),
        "at": _(
            "the moment since which it has this status; it stands in the place of `checked_at`"
        ),
    },
}


def described(kind: str) -> list[tuple[str, bool, str]]:
    """Return each field of a line of this kind: its name, whether it is required, its meaning.

    The required ones first.
    """
    required, meanings = fields_of(kind), EVERYWHERE | MEANINGS[kind]
    order = ["kind", "source", *MEANINGS[kind], "checked_at"]
    fields = [(name, required[name], meanings[name]) for name in order if name in required]
    return sorted(fields, key=lambda field: not field[1])
