"""Which opinions a list shows: narrowed, newest first, a page at a time.

Each page is read from an index up to its length, and what follows it is found by the last one's
place and not by counting: so a list of a million costs what one of ten does.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Concat
from django.utils import timezone

from feedback.models import Opinion
from feedback.pairs import pairs
from feedback.states import OPEN
from portal.residents.models import Municipality

PER_PAGE = 50
COUNTED_UP_TO = 1000
LIKE_AMONG = 1000  # of the newest with a text, so many are compared with one
ALIKE = 0.3  # share of pairs of letters that two texts have in common
NO_RULE = "none"  # in place of a rule: those that are about none
CLEAR = {"yes": True, "no": False}
EXACT = ["kind", "route", "rule", "procedure", "question", "wording", "language", "width"]


def found(asked: Mapping, *, by) -> QuerySet:
    """Return the opinions that `asked` (a query string) names, newest first.

    Without a state: what somebody still has to look at. What is the same as another is left out.
    A value that means nothing is passed over.
    """
    opinions = Opinion.objects.filter(merged_into=None)
    state = asked.get("state", "")
    if state == "all":
        pass
    elif state in Opinion.State.values:
        opinions = opinions.filter(state=state)
    else:
        opinions = opinions.filter(state__in=OPEN)
    for name in EXACT:
        if (value := _plain(asked.get(name, ""))) and value != NO_RULE:
            opinions = opinions.filter(**{name: value})
    if asked.get("rule", "") == NO_RULE:
        opinions = opinions.filter(rule="")
    if (clear := asked.get("clear", "")) in CLEAR:
        opinions = opinions.filter(clear=CLEAR[clear])
    if value := _plain(asked.get("municipality", "")).strip():
        opinions = opinions.filter(municipality__in=municipalities(value))
    if value := _plain(asked.get("reason", "")):
        opinions = opinions.filter(reasons__contains=[value])
    if value := _plain(asked.get("tag", "")):
        opinions = opinions.filter(tags__name=value)
    if asked.get("whose") in ("mine", "nobody"):
        opinions = opinions.filter(owner=by if asked["whose"] == "mine" else None)
    if asked.get("asks") == "1":
        opinions = opinions.filter(asker__isnull=False)
    if since := _day(asked.get("since", "")):
        opinions = opinions.filter(given_at__gte=since)
    if until := _day(asked.get("until", ""), later=timedelta(days=1)):
        opinions = opinions.filter(given_at__lt=until)
    if words := _plain(asked.get("q", "")).strip():
        opinions = opinions.filter(pairs__contains=pairs(words), text__icontains=words)
    if term := _plain(asked.get("term", "")):
        opinions = opinions.exclude(text="").filter(terms__contains=[term])
    return opinions.order_by("-given_at", "-pk")


def municipalities(asked: str) -> QuerySet:
    """Return those of a code, or whose name begins so, with or without its prefecture."""
    if asked.isdecimal():
        return Municipality.objects.filter(code=asked)
    called = Municipality.objects.annotate(full_name=Concat("prefecture", "name"))
    return called.filter(Q(name__startswith=asked) | Q(full_name__startswith=asked)).order_by()


def page_of(opinions: QuerySet, asked: Mapping) -> tuple[list[Opinion], str]:
    """Return a page of opinions, and what `before` must be for the next one ("": there is none)."""
    if place := _place(asked.get("before", "")):
        at, pk = place
        opinions = opinions.filter(Q(given_at__lt=at) | Q(given_at=at, pk__lt=pk))
    shown = list(
        opinions.select_related("municipality", "owner").prefetch_related("tags")[: PER_PAGE + 1]
    )
    if len(shown) <= PER_PAGE:
        return shown, ""
    return shown[:PER_PAGE], place_of(shown[PER_PAGE - 1])


def place_of(opinion: Opinion) -> str:
    return f"{opinion.given_at.timestamp():.6f}_{opinion.pk}"


def next_after(opinion: Opinion, asked: Mapping, *, by) -> Opinion | None:
    """Return the opinion that follows one in a list."""
    at, pk = opinion.given_at, opinion.pk
    older = Q(given_at__lt=at) | Q(given_at=at, pk__lt=pk)
    return found(asked, by=by).filter(older).only("uuid").first()


def counts_by_state(asked: Mapping, *, by) -> dict[str, int]:
    """Return how many there are in each state, COUNTED_UP_TO at the most, in one statement.

    Those that nobody has to look at any more are many: of a narrowed list they are not counted.
    """
    everything = dict(asked.items()) | {"state": "all"}
    narrowed = any(value for name, value in asked.items() if name not in ("state", "before"))
    states = OPEN if narrowed else Opinion.State.values
    parts = [
        # In order, so that the index of states serves it: without, the table is read until so many
        # are found.
        found(everything, by=by).filter(state=state).values("state")[:COUNTED_UP_TO]
        for state in states
    ]
    first, *others = parts
    counts = dict.fromkeys(states, 0)
    for one in first.union(*others, all=True).values_list("state", flat=True):
        counts[one] += 1
    return counts


def alike(opinion: Opinion) -> list[Opinion]:
    """Return up to five opinions whose text is like this one's, the likest first.

    Looked for among the newest with a text, those of the same page before all others.
    """
    own = set(opinion.pairs)
    if not own:
        return []
    others = Opinion.objects.filter(merged_into=None).exclude(pk=opinion.pk).exclude(text="")
    same_page = others.filter(route=opinion.route, rule=opinion.rule)
    candidates = {
        one.pk: one
        for some in (same_page, others)
        for one in some.order_by("-given_at", "-pk")[:LIKE_AMONG]
    }
    shares = [(_share(own, set(one.pairs)), one) for one in candidates.values()]
    likest = sorted(shares, key=lambda one: (-one[0], -one[1].pk))[:5]
    return [one for share, one in likest if share >= ALIKE]


def _share(own: set, others: set) -> float:
    return len(own & others) / len(own | others)


def _plain(text: str) -> str:
    """Return a value that PostgreSQL can compare: "" where somebody typed what it cannot hold."""
    return text[:200] if text.isprintable() else ""


def _day(text: str, later=timedelta()) -> datetime | None:
    try:
        day = date.fromisoformat(text) + later
        return timezone.make_aware(datetime.combine(day, time.min))
    except (ValueError, OverflowError):
        return None


def _place(text: str) -> tuple[datetime, int] | None:
    at, _sign, pk = text.partition("_")
    try:
        return datetime.fromtimestamp(float(at), tz=timezone.get_default_timezone()), int(pk)
    except (ValueError, OverflowError, OSError):
        return None


def opinion_of(uuid: UUID) -> QuerySet:
    """Return an opinion with all that its page shows."""
    return Opinion.objects.filter(uuid=uuid).select_related(
        "municipality", "owner", "wording", "merged_into", "improvement", "asker"
    )


def has_askers(opinion: Opinion) -> bool:
    """Tell whether somebody asked for an answer, here or in what is the same."""
    asked = Opinion.objects.filter(asker__isnull=False)
    return asked.filter(Q(pk=opinion.pk) | Q(merged_into=opinion)).exists()
