"""Which dose comes next in each series, from when, until when, and why. Pure: no Django.

Dates come from the birth date and the record alone; the rules stand in schedule.toml. The day of
the question (`as_of`) decides only which edition of the rules holds, what has closed, and what is
said; it never moves `earliest`. Nothing here decides whether a dose that was given is valid.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import NamedTuple

from childcare import counting
from childcare.compiled import Compiled, Ready, compiled
from childcare.schedule import Caution, Interval, Measure, Schedule, Sentence, Words, the_schedule
from childcare.schedule import Series as SeriesOf


@dataclass(frozen=True, slots=True)
class Given:
    """A dose on the record. `vaccine` is a code of the schedule; others are kept as notes."""

    vaccine: str
    on: date


class Counted(NamedTuple):
    """A recorded dose with the number under which it counts in its series."""

    dose: int
    vaccine: str
    on: date


@dataclass(frozen=True, slots=True)
class Dose:
    """One next dose, with the days between which it can be had and why.

    `legal_until` is the last day on which it is free. `recommended_until` is None where the rules
    give no end; both are None where the period was over before the dose could be given, or the
    rules give none. `covered_by` names a vaccine coming next that contains this one.
    """

    series: str
    vaccine: str
    dose: int
    earliest: date
    legal_until: date
    recommended_from: date | None
    recommended_until: date | None
    rule: str
    reasons: tuple[Sentence, ...]
    warnings: tuple[Sentence, ...]
    live_injected: bool = False
    covered_by: str | None = None
    cautioned_from: date | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """What stands in one series.

    `state` is "next", "complete", "closed" (the free period has passed), "outside" (the next dose
    cannot come before it ends), "ended" (something had ends it), "not-eligible" or "sex-unknown".
    `next` is empty unless there is a next dose; before the first rotavirus dose it has one for
    each product. `last` is the next dose or, where it has closed, what it would have been, and
    `passed` the doses before it whose period has passed, or cannot be met any more.
    """

    series: str
    state: str
    given: tuple[Counted, ...]
    next: tuple[Dose, ...] = ()
    last: Dose | None = None
    passed: tuple[Dose, ...] = ()
    note: Sentence | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """A recorded dose that somebody should look at; `dose` is None where it was not counted."""

    vaccine: str
    dose: int | None
    on: date
    why: Sentence


@dataclass(frozen=True, slots=True)
class Forecast:
    series: tuple[Series, ...]
    review: tuple[Review, ...]
    notes: tuple[Sentence, ...]

    @property
    def next(self) -> tuple[Dose, ...]:
        """Return the next dose of every series, in the schedule's order."""
        return tuple(dose for series in self.series for dose in series.next)


@dataclass(frozen=True, slots=True)
class PregnancyDose:
    """A vaccination of the mother, free between two days of one pregnancy.

    `since` is the first day on which it was free for anybody. For the child to be protected,
    `days_before_birth` days have to lie before the birth; None where the schedule says nothing.
    """

    key: str
    vaccine: str
    free_from: date
    free_until: date
    about: Sentence
    since: date
    days_before_birth: int | None
    warnings: tuple[Sentence, ...]


def forecast(
    *,
    born: date,
    sex: str | None,
    given: Iterable[Given],
    as_of: date,
    had: Iterable[str] = (),
    schedule: Schedule | None = None,
) -> Forecast:
    """Return what comes next for one child, what to review, and what to note.

    `sex` is "F", "M" or None (not known). `had` names diseases and other reasons that end a series,
    as the schedule's file lists them, or a series itself. The order of `given` does not matter.

    Raises ValueError if the child is born after `as_of`, or `sex` is something else.
    """
    if born > as_of:
        raise ValueError(f"The birth date {born} lies after {as_of}. Correct one of the two.")
    if sex not in ("F", "M", None):
        raise ValueError(f'The sex is "{sex}". Give "F", "M" or None.')
    edition = (schedule or the_schedule()).on(as_of)
    return Child(compiled(edition), born, sex, as_of).forecast(given, had)


def pregnancy(*, due_on: date, as_of: date) -> tuple[PregnancyDose, ...]:
    """Return the mother's own vaccinations; `due_on` is the day of 40 weeks 0 days.

    One whose weeks were over before it became free is left out.
    """
    schedule = the_schedule()
    begun = due_on - timedelta(weeks=40)
    return tuple(
        PregnancyDose(
            key=item.key,
            vaccine=item.vaccine,
            free_from=max(counting.weeks_after(begun, *item.from_week), item.valid_from),
            free_until=counting.weeks_after(begun, *item.until_week),
            about=Sentence(item.words),
            since=item.valid_from,
            days_before_birth=item.days_before_birth,
            warnings=() if item.verified else (schedule.sentence("not-verified"),),
        )
        for item in schedule.on(as_of).pregnancy
        if item.valid_from <= counting.weeks_after(begun, *item.until_week)
    )


# ---- one child


class Child:
    """One question: a birth, a sex, a day, and the record that is read step by step."""

    def __init__(self, rules: Compiled, born: date, sex: str | None, as_of: date):
        self.rules = rules
        self.born = born
        self.sex = sex
        self.as_of = as_of
        self.days = rules.days_of(born)
        self.review: list[Review] = []
        self.notes: list[Sentence] = []
        # Every injected live dose that counts: when, in which series, called what.
        self.live: list[tuple[date, str, Words]] = []

    def say(self, code: str, **values) -> Sentence:
        return Sentence(self.rules.sentences[code], values)

    def forecast(self, given: Iterable[Given], had: Iterable[str]) -> Forecast:
        if self.as_of < self.rules.schedule.covers_from:
            self.notes.append(
                self.say("note-before-known-rules", date=self.rules.schedule.covers_from)
            )
        doses = self.doses_by_series(given)
        self.amount = Counter(dose.vaccine for each in doses.values() for dose in each)
        self.ended = self.endings(had)
        every = self.rules.schedule.series
        self.counted = {code: self.count(series, doses) for code, series in every.items()}
        found: dict[str, Series] = {}
        for code, series in every.items():
            if self.counted[code] or self.rules.offered[code]:
                found[code] = self.standing(series, found)
        self.review_live_doses(found)
        self.warn_of_live_pairs(found)
        self.note_measures(found)
        self.review.sort(key=lambda review: (review.on, review.vaccine, review.why.code))
        return Forecast(tuple(found.values()), tuple(self.review), tuple(self.notes))

    # -- the record

    def doses_by_series(self, given: Iterable[Given]) -> dict[str, list[Given]]:
        """Return the doses to count, by series and day; put aside what cannot be counted."""
        vaccines = self.rules.schedule.vaccines
        known: list[tuple[date, int, Given]] = []
        by_series: dict[str, list[Given]] = {}
        others: list[Given] = []
        for dose in given:
            if vaccine := vaccines.get(dose.vaccine):
                known.append((dose.on, vaccine.order, dose))
            else:
                others.append(dose)
        for dose in sorted(others, key=lambda dose: (dose.on, dose.vaccine)):
            self.note_other(dose)
        known.sort(key=lambda item: item[:2])
        for on, _order, dose in known:
            vaccine = vaccines[dose.vaccine]
            if on < self.born:
                self.mark(dose, None, "review-before-birth", date=self.born)
            elif on > self.as_of:
                self.mark(dose, None, "review-in-future", date=self.as_of)
            else:
                series = self.rules.series_of[dose.vaccine].code
                before = by_series.setdefault(series, [])
                if before and before[-1].on == on:
                    self.mark(dose, None, "review-same-day")
                    continue
                before.append(dose)
                if vaccine.live_injected:
                    self.live.append((on, series, vaccine.words))
        return by_series

    def mark(self, dose: Given, number: int | None, code: str, **values) -> None:
        """Put a dose before somebody to look at; `number` is None where it is not counted."""
        words = self.rules.schedule.vaccines[dose.vaccine].words
        why = self.say(code, vaccine=words, on=dose.on, **values)
        self.review.append(Review(dose.vaccine, number, dose.on, why))

    def note_other(self, dose: Given) -> None:
        """Keep what the schedule does not forecast as a note; a live one still sets an interval.

        Once that interval is over, nothing is left to say of a live one.
        """
        other = self.rules.others.get(dose.vaccine.strip().casefold())
        name = other.words if other else dose.vaccine
        if (
            other
            and other.live_injected
            and self.rules.live_days
            and self.born <= dose.on <= self.as_of
        ):
            self.live.append((dose.on, other.code, other.words))
            days = self.rules.live_days
            then = counting.after_days(dose.on, days)
            if then > self.as_of:
                self.notes.append(
                    self.say("note-live-injected", vaccine=name, on=dose.on, n=days, date=then)
                )
        else:
            self.notes.append(self.say("note-unknown-vaccine", vaccine=name, on=dose.on))

    def review_live_doses(self, found: dict[str, Series]) -> None:
        """Review what followed another injected live vaccine too soon. The same day is allowed."""
        if not self.rules.live_days or len(self.live) < 2:
            return
        self.live.sort(key=lambda item: item[0])
        for number, (on, series, words) in enumerate(self.live):
            if too_close := self.live_dose_before(number):
                before, _series, other = too_close
                why = self.say(
                    "review-live-too-close",
                    vaccine=words,
                    on=on,
                    other=other,
                    date=before,
                    n=self.rules.live_days,
                )
                doses = found[series].given if series in found else ()
                counted = next((dose.dose for dose in doses if dose.on == on), None)
                self.review.append(Review(words.code, counted, on, why))

    def live_dose_before(self, number: int) -> tuple[date, str, Words] | None:
        """Return the live dose of another series that lies too close before this one."""
        on, series, _words = self.live[number]
        for place in range(number - 1, -1, -1):
            other = self.live[place]
            if counting.after_days(other[0], self.rules.live_days) <= on:
                return None
            if other[0] < on and other[1] != series:
                return other
        return None

    def endings(self, had: Iterable[str]) -> dict[str, Sentence]:
        """Return for each series that something ends the sentence that says so."""
        schedule = self.rules.schedule
        diseases = {}
        ended = {}
        for name in had:
            series = self.rules.series_of.get(name) or schedule.series.get(name)
            if series:
                ended[series.code] = self.say("series-ended-by-doctor", series=series.words)
            elif disease := self.rules.had.get(name.strip().casefold()):
                diseases[disease.code] = disease.words
            else:
                self.notes.append(self.say("note-unknown-had", had=name))
        for ending in self.rules.edition.endings if diseases else ():
            has = [diseases[code] for code in ending.had if code in diseases]
            code = "series-ended" if ending.verified else "series-ended-unconfirmed"
            if len(has) < len(ending.had):
                code = "note-had-alone"
            sentence = self.say(code, had=has, series=schedule.series[ending.series].words)
            if len(has) == len(ending.had):
                ended.setdefault(ending.series, sentence)
            elif has:
                self.notes.append(sentence)
        return ended

    # -- counting the doses of a series

    def count(self, series: SeriesOf, doses: dict[str, list[Given]]) -> list[Counted]:
        """Number the doses of a series and review those that its rules did not expect."""
        own = doses.get(series.code, ())
        if not own:
            return []
        if series.counts_too:
            days = {dose.on for dose in own}
            others = [
                dose
                for code in series.counts_too
                for dose in doses.get(self.rules.series_of[code].code, ())
                if dose.vaccine == code and dose.on not in days
            ]
            own = sorted([*own, *others], key=lambda dose: dose.on)
        stage = self.stage(series.code)
        counted: list[Counted] = []
        last = 0
        staged = False
        for dose in own:
            if stage and not staged and dose.on >= self.days[stage.stage_from].on:
                last, staged = max(last + 1, stage.dose), True
            else:
                last += 1
            ready = self.rule_for(series.code, last, counted, dose.vaccine)
            if dose.vaccine in series.vaccines:
                self.review_dose(series, ready, dose, last, counted)
            counted.append(Counted(last, dose.vaccine, dose.on))
        return counted

    def stage(self, code: str) -> Ready | None:
        """Return the rule of the last stage where it takes a dose whatever came before."""
        for ready in self.rules.staged.get(code, ()):
            if ready.rule.fits_birth(self.born):
                return ready if ready.stage_from is not None else None
        return None

    def rule_for(
        self, code: str, dose: int, counted: Sequence[Counted], vaccine: str | None = None
    ) -> Ready | None:
        """Return the first rule that fits; `vaccine` chooses between alternatives."""
        for ready in self.fitting(code, dose, counted):
            if not (ready.rule.alternative and vaccine and ready.vaccine != vaccine):
                return ready
        return None

    def fitting(self, code: str, dose: int, counted: Sequence[Counted]) -> Iterator[Ready]:
        days = self.days
        for ready in self.rules.by_dose[code].get(dose, ()):
            rule = ready.rule
            if (rule.born_from or rule.born_until) and not rule.fits_birth(self.born):
                continue
            if counted:
                first = counted[0]
                if rule.begun_with and first.vaccine != rule.begun_with:
                    continue
                if ready.begun_until is not None and first.on > days[ready.begun_until].on:
                    continue
                if ready.begun_after is not None and first.on <= days[ready.begun_after].on:
                    continue
                if ready.dose_2_until is not None and not came_by(
                    2, days[ready.dose_2_until].on, counted
                ):
                    continue
                if ready.dose_3_until is not None and not came_by(
                    3, days[ready.dose_3_until].on, counted
                ):
                    continue
                if rule.dose_2_before and not came_by(
                    2, rule.dose_2_before.after(first.on) - counting.DAY, counted
                ):
                    continue
            yield ready

    def review_dose(
        self,
        series: SeriesOf,
        ready: Ready | None,
        dose: Given,
        number: int,
        counted: Sequence[Counted],
    ) -> None:
        """Review one dose against the rule that would have forecast it."""
        if ready is None:
            self.mark(dose, number, "review-surplus")
            return
        free_from, free_until = self.days[ready.free_from].on, self.days[ready.free_until].on
        if dose.on < free_from:
            self.mark(dose, number, "review-before-period", date=free_from)
        elif dose.on > free_until and not self.accepted(series, dose.on):
            self.mark(dose, number, "review-after-period", date=free_until)
        if counted:
            from_, _interval, _previous = self.after_intervals(ready.given_from, counted)
            if from_ and dose.on < from_:
                self.mark(dose, number, "review-too-soon", date=from_)
            if series.one_product and dose.vaccine != counted[0].vaccine:
                first = self.rules.schedule.vaccines[counted[0].vaccine].words
                self.mark(dose, number, "review-other-product", first=first)

    def accepted(self, series: SeriesOf, on: date) -> bool:
        return any(
            measure.series == series.code and measure.accepts(self.born, on)
            for measure in self.rules.schedule.measures
        )

    def after_intervals(
        self, intervals: Iterable[Interval], counted: Sequence[Counted]
    ) -> tuple[date | None, Interval | None, Counted | None]:
        """Return the latest day that the intervals ask for, with the one that does and its dose.

        An interval after a dose that was not given, as before a stage of its own, asks nothing.
        """
        latest, deciding, from_dose = None, None, None
        for interval in intervals:
            previous = counted[-1] if interval.dose is None else numbered(interval.dose, counted)
            if previous is None:
                continue
            day = interval.after(previous.on)
            if latest is None or day > latest:
                latest, deciding, from_dose = day, interval, previous
        return latest, deciding, from_dose

    # -- what comes next

    def standing(self, series: SeriesOf, found: dict[str, Series]) -> Series:
        """Return what stands in one series; `found` holds those before it in the schedule."""
        code, given = series.code, tuple(self.counted[series.code])
        if series.sex and self.sex and self.sex != series.sex:
            note = self.say("series-not-eligible", series=series.words)
            return Series(code, "not-eligible", given, note=note)
        if code in self.ended:
            return Series(code, "ended", given, note=self.ended[code])
        if series.sex and not self.sex:
            return self.without_sex(series, self.to_come(series, found))
        return self.to_come(series, found)

    def without_sex(self, series: SeriesOf, stands: Series) -> Series:
        """Return what stands where the sex is not known: asked for only if it decides anything."""
        code, given = series.code, stands.given
        if stands.state == "complete":
            return stands
        if stands.state == "closed" and not any(self.measures(code)):
            return Series(code, "closed", given, note=stands.note if given else None)
        note = self.say("series-sex-unknown", series=series.words)
        return Series(code, "sex-unknown", given, note=note)

    def to_come(self, series: SeriesOf, found: dict[str, Series]) -> Series:
        """Return what stands in a series that is for this child and that nothing ends."""
        code, counted = series.code, self.counted[series.code]
        given = tuple(counted)
        covered_by = self.covered_by(series, counted, found)
        passed: list[Dose] = []
        for number in self.numbers_to_come(code, counted):
            doses = [
                self.dose(code, ready, counted, covered_by)
                for ready in self.offers(code, number, counted)
            ]
            open_ = tuple(
                dose for dose in doses if max(dose.earliest, self.as_of) <= dose.legal_until
            )
            if open_:
                cannot_come = [dose for dose in passed if self.as_of <= dose.legal_until]
                note = self.outside(series, cannot_come[-1]) if cannot_come else None
                return Series(code, "next", given, open_, open_[-1], tuple(passed), note)
            passed += doses
        if not passed:
            return Series(code, "complete", given, note=self.stage_unsure(series, counted))
        last = passed[-1]
        if self.as_of <= last.legal_until:
            note = self.outside(series, last)
            return Series(code, "outside", given, (), last, tuple(passed), note)
        note = self.say("series-closed", series=series.words, date=last.legal_until)
        return Series(code, "closed", given, (), last, tuple(passed), note)

    def stage_unsure(self, series: SeriesOf, counted: Sequence[Counted]) -> Sentence | None:
        """Return a note where the number of doses is complete and all came before the last stage.

        Such are two doses of MR abroad, at 9 and 12 months. Whether the stage is still due is not
        for the schedule to say.
        """
        stage = self.stage(series.code)
        if not (stage and counted):
            return None
        start, until = self.days[stage.stage_from].on, self.days[stage.free_until].on
        if counted[-1].on >= start or self.as_of > until:
            return None
        return self.say("series-stage-unsure", series=series.words, start=start, date=until)

    def outside(self, series: SeriesOf, dose: Dose) -> Sentence:
        return self.say("series-outside", series=series.words, date=dose.legal_until)

    def numbers_to_come(self, code: str, counted: Sequence[Counted]) -> list[int]:
        """Return the next dose's number and, where a later stage stands by itself, that one's."""
        number = counted[-1].dose + 1 if counted else 1
        stage = self.stage(code)
        if not stage or number == stage.dose:
            return [number]
        return [number, stage.dose] if number < stage.dose else []

    def offers(self, code: str, number: int, counted: Sequence[Counted]) -> Iterator[Ready]:
        """Yield the rule that decides, or each of the alternatives."""
        for ready in self.fitting(code, number, counted):
            if ready.rule.forecast:
                yield ready
            if not ready.rule.alternative:
                return

    def covered_by(
        self, series: SeriesOf, counted: Sequence[Counted], found: dict[str, Series]
    ) -> str | None:
        """Return the vaccine that comes next in another series and contains this one.

        None where this series is behind the other one: then it comes first, alone.
        """
        for code in series.counts_too:
            other = found[self.rules.series_of[code].code]
            if len(counted) >= len(other.given) and any(
                dose.vaccine == code for dose in other.next
            ):
                return code
        return None

    def dose(
        self, series: str, ready: Ready, counted: Sequence[Counted], covered_by: str | None
    ) -> Dose:
        days = self.days
        earliest, why = self.earliest(series, ready, counted)
        until = days[ready.free_until]
        start = self.recommended(ready.recommended_from, counted)
        end = self.recommended(ready.recommended_until, counted)
        over = end is not None and end < max(earliest, self.as_of)
        reasons = [ready.first_words, *self.other_vaccines(ready, counted), why]
        reasons.append(self.say("until", date=until.on, day=until.words))
        if start is not None:
            start = max(start, earliest)
            if start > until.on or (end is not None and end < start):
                start = end = None
            elif end is None:
                reasons.append(self.say("recommended-from", start=start))
            else:
                end = min(end, until.on)
                reasons.append(self.say("recommended", start=start, end=end))
        return Dose(
            series=series,
            vaccine=ready.vaccine,
            dose=ready.dose,
            earliest=earliest,
            legal_until=until.on,
            recommended_from=start,
            recommended_until=end,
            rule=ready.rule.key,
            reasons=tuple(reasons),
            warnings=tuple(self.warnings(ready, counted, earliest, over, covered_by)),
            live_injected=ready.live_injected,
            covered_by=covered_by,
            cautioned_from=self.cautioned_from(ready),
        )

    def cautioned_from(self, ready: Ready) -> date | None:
        """Return the next day from which the child is old enough for another caution."""
        after = (
            self.days[day].on for _caution, day, _sentence in ready.warnings if day is not None
        )
        return min((on + counting.DAY for on in after if on >= self.as_of), default=None)

    def other_vaccines(self, ready: Ready, counted: Sequence[Counted]) -> Iterator[Sentence]:
        """Say which other vaccines the child had whose doses have been counted."""
        others = {dose.vaccine for dose in counted} - {ready.vaccine}
        if others:
            vaccines = self.rules.schedule.vaccines
            words = [vaccines[code].words for code in vaccines if code in others]
            yield self.say("counted-too", vaccine=words)

    def earliest(
        self, series: str, ready: Ready, counted: Sequence[Counted]
    ) -> tuple[date, Sentence]:
        """Return the first day on which the dose can be given, and what decides it."""
        earliest, words = self.days[ready.free_from]
        why = self.say("from-day", date=earliest, day=words)
        if counted and ready.not_before:
            then, interval, previous = self.after_intervals(ready.not_before, counted)
            if then and then > earliest:
                earliest = then
                one_month = (interval.n, interval.unit) == (1, "month")
                why = self.say(
                    "from-one-month" if one_month else f"from-{interval.unit}s",
                    date=then,
                    n=interval.n,
                    dose=previous.dose,
                    on=previous.on,
                )
        if ready.live_injected and self.rules.live_days:
            for on, other_series, words in self.live:
                then = counting.after_days(on, self.rules.live_days)
                if then > earliest and other_series != series:
                    earliest = then
                    why = self.say(
                        "from-live", date=then, n=self.rules.live_days, vaccine=words, on=on
                    )
        return earliest, why

    def recommended(self, day: int | Interval | None, counted: Sequence[Counted]) -> date | None:
        if day is None:
            return None
        if isinstance(day, Interval):
            return self.after_intervals([day], counted)[0]
        return self.days[day].on

    def warnings(
        self,
        ready: Ready,
        counted: Sequence[Counted],
        earliest: date,
        over: bool,
        covered_by: str | None,
    ) -> Iterator[Sentence]:
        if not ready.rule.verified:
            yield self.say("not-verified")
        cautions = [
            (caution, sentence)
            for caution, after, sentence in ready.warnings
            if (after is None or self.as_of > self.days[after].on)
            and self.applies(caution, ready, counted, earliest, covered_by)
        ]
        if over and not any(caution.not_advised for caution, _sentence in cautions):
            yield self.say("recommended-over")
        for _caution, sentence in cautions:
            yield sentence

    def applies(
        self,
        caution: Caution,
        ready: Ready,
        counted: Sequence[Counted],
        earliest: date,
        covered_by: str | None,
    ) -> bool:
        """Say whether the conditions of a caution hold, other than the day from which it does."""
        if caution.sooner_than and not (
            counted and earliest < caution.sooner_than.after(counted[-1].on)
        ):
            return False
        if caution.fewer and not (
            self.amount[caution.fewer] < self.amount[caution.than] and self.is_due(caution.fewer)
        ):
            return False
        if caution.covered and not covered_by:
            return False
        return not (caution.stage_alone and len(counted) >= ready.dose - 1)

    def is_due(self, vaccine: str) -> bool:
        """Say whether this vaccine's own series still has a dose to come, free of charge."""
        code = self.rules.series_of[vaccine].code
        counted = self.counted[code]
        ready = self.rule_for(code, counted[-1].dose + 1 if counted else 1, counted)
        if ready is None or code in self.ended:
            return False
        return self.as_of <= self.days[ready.free_until].on

    # -- the child as a whole

    def warn_of_live_pairs(self, found: dict[str, Series]) -> None:
        """Where two injected live vaccines can be given now, propose one day or a pair of days.

        Of a pair, the one whose free period ends first goes first.
        """
        days = self.rules.live_days
        due = [
            dose
            for series in found.values()
            for dose in series.next
            if dose.live_injected and dose.earliest <= self.as_of
        ]
        if days is None or len(due) < 2:
            return
        due.sort(key=lambda dose: dose.legal_until)
        vaccines = self.rules.schedule.vaccines
        second = counting.after_days(self.as_of, days)
        for dose in due:
            names = [vaccines[other.vaccine].words for other in due if other is not dose]
            earlier, later = due[0], due[1] if dose is due[0] else dose
            if second <= later.legal_until:
                warning = self.say(
                    "live-together",
                    other=names,
                    n=days,
                    earlier=vaccines[earlier.vaccine].words,
                    first=self.as_of,
                    later=vaccines[later.vaccine].words,
                    second=second,
                )
            else:
                warning = self.say("live-same-day", other=names, n=days)
            warned = replace(dose, warnings=(*dose.warnings, warning))
            found[dose.series] = replace(found[dose.series], next=(warned,), last=warned)

    def measures(self, series: str) -> Iterator[Measure]:
        """Yield the special measures of the day in a series, for children born like this one."""
        for measure in self.rules.edition.measures:
            if measure.series == series and measure.fits_birth(self.born):
                yield measure

    def note_measures(self, found: dict[str, Series]) -> None:
        for measure in self.rules.edition.measures:
            if not measure.fits_birth(self.born):
                continue
            series = found[measure.series]
            missing = measure.dose is None or all(
                dose.dose != measure.dose for dose in series.given
            )
            if missing and series.state in ("next", "closed", "outside"):
                self.notes.append(Sentence(measure.words))


def numbered(number: int, counted: Iterable[Counted]) -> Counted | None:
    return next((dose for dose in counted if dose.dose == number), None)


def came_by(number: int, day: date, counted: Iterable[Counted]) -> bool:
    dose = numbered(number, counted)
    return dose is not None and dose.on <= day
