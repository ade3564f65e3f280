"""Ages, amounts and sources in words, as pages say them that show or hand on a record."""

from datetime import date

from django.utils.formats import number_format
from django.utils.translation import get_language, ngettext, npgettext
from django.utils.translation import gettext as _

from childcare.growth.standard import Measure, Place
from childcare.handover.sheet import Doubt
from childcare.record import Source


def age(born: date, on: date) -> str:
    """Return an age as parents say it: in days, then in months, from one year on in both."""
    months = (on.year - born.year) * 12 + on.month - born.month - (on.day < born.day)
    if months < 1:
        days = (on - born).days
        return npgettext("age", "%(days)s day", "%(days)s days", days) % {"days": days}
    if months < 12:
        return npgettext("age", "%(months)s month", "%(months)s months", months) % {
            "months": months
        }
    whole, rest = divmod(months, 12)
    years = ngettext("%(years)s year", "%(years)s years", whole) % {"years": whole}
    if not rest:
        return years
    months = ngettext("%(months)s month", "%(months)s months", rest) % {"months": rest}
    return _("%(years)s %(months)s") % {"years": years, "months": months}


def amount(measure: Measure, value: float) -> str:
    """Return a value with its unit: 7.45 kg, 65.2 cm."""
    if measure == Measure.WEIGHT:
        shown = f"{value:.3f}".rstrip("0")
        shown += "0" if shown.endswith(".") else ""
        return _("%(amount)s kg") % {"amount": number_format(shown)}
    return _("%(amount)s cm") % {"amount": number_format(f"{value:.1f}")}


def place(place: Place) -> str:
    """Return where a value lies among the standard's percentiles."""
    if place.above is None:
        return _("below percentile %(percentile)s") % {"percentile": place.below}
    if place.below is None:
        return _("percentile %(percentile)s or above") % {"percentile": place.above}
    return _("percentile %(above)s to %(below)s") % place._asdict()


def side(source: Source | None) -> str:
    return _("entered by the family") if source is None else _("municipal record")


def source(source: Source | None) -> str:
    """Return what a source is called; None is the family."""
    if source is None:
        return side(None)
    name = source.name if get_language() == "ja" else source.name_en
    return name or source.name or side(source)


def doubt(doubt: Doubt) -> str:
    return {
        Doubt.DIFFERS: _(
            "Municipal record and family differ here; it is not known which is right."
        ),
        Doubt.FAMILY_DIFFERS: _("The family says that this record is wrong, and its own is right."),
        Doubt.FAMILY_DENIES: _("The family says that this dose was not given."),
    }[doubt]
