"""Invented residents, as the lines of facts that their sources would send.

The same seed and the same day give the same lines. Shares are near what is published of the
country: three of four have a card, one of four has not registered it as health insurance card,
two of five have no account for benefits; certificates end evenly over five years.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from random import Random

import factory
import factory.random
from django.utils import timezone
from faker import Faker

from portal.demo import children, people
from portal.demo.children import Child, ChildFacts
from portal.residents.ages import ADULT, SIGNATURE_CERTIFICATE, first_day_at_age

SEED = 20230330
CHIYODA = "131016"
MUNICIPALITIES = [CHIYODA, "011002", "041009", "141003", "231002", "271004", "401307"]

JPKI, ACCOUNTS, SHINSEI = "jpki", "kokin", f"shinsei-{CHIYODA}"
INSURERS = ["insurer-0601", "insurer-0602", "insurer-1301"]
# Checked 45 days ago and good for 30: what it said is unknown now, and was known then.
SILENT_INSURER, SILENT_FOR, FRESH_FOR = "insurer-1399", timedelta(days=45), 30

# key: (name in Japanese, name in English, days until what it says counts as unknown)
SOURCES = {
    **{
        f"juki-{code}": ("住民基本台帳（デモ）", "Resident register (demo)", 365)
        for code in MUNICIPALITIES
    },
    **{
        f"yobo-{code}": ("予防接種台帳（デモ）", "Vaccination register (demo)", 365)
        for code in MUNICIPALITIES
    },
    **{
        f"hoken-{code}": ("保健センター（デモ）", "Health centre (demo)", 365)
        for code in MUNICIPALITIES
    },
    SHINSEI: ("電子申請システム（デモ）", "Electronic applications (demo)", 365),
    JPKI: ("公的個人認証サービス（デモ）", "Certificate authority (demo)", 365),
    ACCOUNTS: ("公金受取口座の登録簿（デモ）", "Register of benefit accounts (demo)", 365),
    **dict.fromkeys(INSURERS, ("健康保険の保険者（デモ）", "Health insurer (demo)", 365)),
    SILENT_INSURER: (
        "しばらく連絡のない保険者（デモ）",
        "Health insurer, silent for a while (demo)",
        FRESH_FOR,
    ),
}


# What the child born early was measured to be at the checkup of one month.
GREW_TO = {"weight_g": 2640, "height_cm": 46.5, "head_cm": 32.8}


class ResidentFact(factory.DictFactory):
    """A line about a person. Kanji and kana of the names belong together."""

    class Meta:
        exclude = ("family", "given", "female")

    family = factory.Faker("last_name_pair", locale="ja_JP")
    female = factory.Faker("pybool")
    given = factory.Maybe(
        "female",
        factory.Faker("first_name_female_pair", locale="ja_JP"),
        factory.Faker("first_name_male_pair", locale="ja_JP"),
    )

    kind = "resident"
    source = factory.LazyAttribute(lambda person: f"juki-{person.municipality}")
    ref = factory.Sequence("demo-{:07}".format)
    municipality = CHIYODA
    name = factory.LazyAttribute(lambda person: f"{person.family[0]} {person.given[0]}")
    name_kana = factory.LazyAttribute(lambda person: f"{person.family[1]} {person.given[1]}")
    born = None
    checked_at = None


class Register:
    """Makes lines of facts as they stand on the day `today`, checked in the night before."""

    def __init__(self, today: date):
        self.today = today
        self.checked = moment(today - timedelta(days=1))

    def person(self, born: date, **more) -> dict:
        return ResidentFact(born=born.isoformat(), **{"checked_at": self.checked, **more})

    def named(self, who: people.Person, born: date, **more) -> dict:
        return self.person(
            born,
            ref=who.ref,
            name=who.full_name,
            name_kana=who.kana,
            email=who.email,
            language=who.language,
            **more,
        )

    def moved(self, person: dict, *, on: date) -> list[dict]:
        """What the register of the old place said once, and that of the new place says now."""
        new = next(code for code in MUNICIPALITIES if code != person["municipality"])
        said_before = moment(on - timedelta(days=100))
        return [
            {**person, "checked_at": said_before},
            {
                **person,
                "source": f"juki-{new}",
                "municipality": new,
                "moved_on": on.isoformat(),
            },
        ]

    def guardianship(self, guardian: dict, child: dict) -> dict:
        return {
            "kind": "guardianship",
            "source": child["source"],
            "guardian": guardian["ref"],
            "child": child["ref"],
            "from": child["born"],
            "checked_at": self.checked,
        }

    def child(self, child: Child) -> dict:
        born = birthday(self.today, -child.years) - timedelta(days=child.days)
        return self.person(born, ref=child.ref, name=child.name, name_kana=child.kana)

    def reported(self, child: Child) -> ChildFacts:
        """Return what makes the lines of the child's health."""
        return ChildFacts(self.child(child), sex=child.sex, today=self.today)

    def certificate(self, holder: dict, type: str, expires_on: date, checked=None) -> dict:
        return {
            "kind": "certificate",
            "source": JPKI,
            "resident": holder["ref"],
            "type": type,
            "serial": f"{holder['ref']}.{type}.{expires_on.year}",
            "expires_on": expires_on.isoformat(),
            "checked_at": checked or self.checked,
        }

    def both_certificates(self, holder: dict, expires_on: date, checked=None) -> list[dict]:
        return [
            self.certificate(holder, type, expires_on, checked)
            for type in ("user-authentication", "signature")
        ]

    def insurance(self, person: dict, status: str, source=INSURERS[0], checked=None) -> dict:
        return {
            "kind": "insurance",
            "source": source,
            "resident": person["ref"],
            "status": status,
            "checked_at": checked or self.checked,
        }

    def account(self, person: dict, status: str) -> dict:
        return {
            "kind": "account",
            "source": ACCOUNTS,
            "resident": person["ref"],
            "status": status,
            "checked_at": self.checked,
        }

    def applied(self, person: dict, procedure: str, status: str, *, days_ago: int) -> dict:
        """How an application stands that was made in the municipality's older system."""
        return {
            "kind": "application-status",
            "source": SHINSEI,
            "ref": f"S-{person['ref']}-{procedure}",
            "resident": person["ref"],
            "procedure": procedure,
            "status": status,
            "seq": days_ago + 1,
            "at": moment(self.today - timedelta(days=days_ago)),
        }


def days_before(move: date) -> str:
    """Return a moment at which a certificate that a move ended had been reported already."""
    return moment(move - timedelta(days=30))


def moment(day: date) -> str:
    """Return three in the morning of that day in Japan, when sources send their files."""
    return datetime.combine(day, time(3), tzinfo=timezone.get_default_timezone()).isoformat()


def birthday(born: date, age: int) -> date:
    """Return the last day of a certificate that ends with this birthday (29 February: the 28th)."""
    try:
        return born.replace(year=born.year + age)
    except ValueError:
        return date(born.year + age, 2, 28)


def born_for(expires_on: date, *, age: int) -> date:
    """Return a day of birth so that the birthday at `age` is the day of expiry."""
    return birthday(expires_on, -age)


def named_people(register: Register) -> list[list[dict]]:
    """Return the households of the people to sign in as, whatever day it is."""
    today = register.today
    in_two_years = today + timedelta(days=730)

    hanako_ends = today + timedelta(days=28)
    hanako = register.named(people.HANAKO, born_for(hanako_ends, age=36))

    yoshino = register.named(people.YOSHINO, born_for(in_two_years, age=44))
    toshiki = register.named(people.TOSHIKI, born_for(in_two_years, age=46))
    baby, small, schoolchild, youth = map(register.child, children.OF_YOSHINO)
    schoolchild_ends = birthday(date.fromisoformat(schoolchild["born"]), 10)
    youth_ends = birthday(date.fromisoformat(youth["born"]), 19)

    akiko_ends = today + timedelta(days=420)  # so its renewal opens in about eleven months
    akiko = register.named(people.AKIKO, born_for(akiko_ends, age=52))
    masao = register.named(people.MASAO, born_for(in_two_years, age=61))
    setsuko_ended = today - timedelta(days=5)
    setsuko = register.named(people.SETSUKO, born_for(setsuko_ended, age=70))
    shohei = register.named(people.SHOHEI, born_for(in_two_years, age=29))
    shohei_moved = today - timedelta(days=10)
    alex_ends = today + timedelta(days=75)
    alex = register.named(people.ALEX, born_for(alex_ends, age=33))
    kazuko = register.named(people.KAZUKO, born_for(in_two_years, age=78))

    twice = found_twice(register, kazuko=kazuko, alex=alex, shohei=shohei)

    def ten_years(holder, certificates_end):
        return register.certificate(holder, "card", birthday(certificates_end, 5))

    def all_done(person):
        return [register.insurance(person, "registered"), register.account(person, "registered")]

    return [
        twice,
        [
            hanako,
            # None for signature: it can be left out, and then there are three things to do.
            register.certificate(hanako, "user-authentication", hanako_ends),
            ten_years(hanako, hanako_ends),
            register.insurance(hanako, "not-registered"),
            register.account(hanako, "not-registered"),
        ],
        [
            *(yoshino, toshiki, baby, small, schoolchild, youth),
            *(register.guardianship(yoshino, child) for child in (baby, small, schoolchild, youth)),
            *(line for child in children.OF_YOSHINO for line in register.reported(child).usual()),
            register.guardianship(toshiki, baby),
            *register.both_certificates(yoshino, in_two_years),
            *register.both_certificates(toshiki, in_two_years),
            ten_years(yoshino, in_two_years),
            ten_years(toshiki, in_two_years),
            register.insurance(yoshino, "registered"),
            register.account(yoshino, "not-registered"),
            *all_done(toshiki),
            register.applied(yoshino, "medical-subsidy", "completed", days_ago=160),
            register.applied(toshiki, "nursery", "under-review", days_ago=9),
            register.insurance(baby, "not-registered"),
            register.insurance(small, "registered"),
            register.insurance(schoolchild, "registered"),
            register.certificate(schoolchild, "user-authentication", schoolchild_ends),
            register.certificate(schoolchild, "card", schoolchild_ends),
            register.insurance(youth, "not-registered"),
            *register.both_certificates(youth, youth_ends),
            register.certificate(youth, "card", youth_ends),
        ],
        family_of_misaki(register),
        family_of_takumi(register),
        [
            akiko,
            *register.both_certificates(akiko, akiko_ends),
            ten_years(akiko, akiko_ends),
            *all_done(akiko),
        ],
        [
            masao,
            *register.both_certificates(masao, in_two_years),
            ten_years(masao, in_two_years),
            register.insurance(masao, "not-registered", SILENT_INSURER, moment(today - SILENT_FOR)),
            register.account(masao, "registered"),
        ],
        [
            setsuko,
            *register.both_certificates(setsuko, setsuko_ended),
            ten_years(setsuko, setsuko_ended),
            *all_done(setsuko),
        ],
        [
            *register.moved(shohei, on=shohei_moved),
            # Reported before the move: one issued after it would not have ended with it.
            *register.both_certificates(shohei, in_two_years, days_before(shohei_moved)),
            ten_years(shohei, in_two_years),
            *all_done(shohei),
        ],
        [
            alex,
            *register.both_certificates(alex, alex_ends),
            ten_years(alex, alex_ends),
            register.insurance(alex, "not-registered"),
            register.account(alex, "registered"),
            # Came to Japan a year ago; no vaccination register knows her.
            emma := register.child(children.EMMA),
            register.guardianship(alex, emma),
        ],
        [
            kazuko,
            *register.both_certificates(kazuko, in_two_years),
            ten_years(kazuko, in_two_years),
            register.insurance(kazuko, "confirmation-certificate"),
            register.account(kazuko, "registered"),
        ],
    ]


def family_of_misaki(register: Register) -> list[dict]:
    """Five children, each with something of their own to see."""
    in_two_years = register.today + timedelta(days=730)
    misaki = register.named(people.MISAKI, born_for(in_two_years, age=39))
    newborn, different, began_with_four, preschooler, girl = (
        register.reported(child) for child in children.OF_MISAKI
    )
    wards = [one.child for one in (newborn, different, began_with_four, preschooler, girl)]
    return [
        *(misaki, *wards),
        *(register.guardianship(misaki, child) for child in wards),
        register.insurance(misaki, "registered"),
        register.account(misaki, "registered"),
        newborn.birth(weight_g=3010),
        *different.usual(),
        # Had the 4-in-1 vaccine three times, and nothing of it since it was no longer sold.
        *began_with_four.usual(without=[("DPT_IPV", 17), ("HIB", 17), ("JE", 37)]),
        # Enters school next: the second dose of MR is still to come.
        *preschooler.usual(without=[("MR", 71)]),
        *girl.usual(without=[("DT", 134)]),
    ]


def family_of_takumi(register: Register) -> list[dict]:
    """One child, born early and small."""
    in_two_years = register.today + timedelta(days=730)
    takumi = register.named(people.TAKUMI, born_for(in_two_years, age=31))
    premature = register.reported(children.RITSU)
    return [
        *(takumi, premature.child),
        register.guardianship(takumi, premature.child),
        register.insurance(takumi, "registered"),
        register.account(takumi, "registered"),
        premature.birth(weight_g=1940, weeks=33, days=1),
        *premature.vaccinations(),
        *(line | GREW_TO for line in premature.checkups()),
    ]


def found_twice(register: Register, **people_of_demo: dict) -> list[dict]:
    """Return records that the register says are another's: alike, spelt otherwise, not yet known.

    Of the first the older insurer's word is there as well; it moves, and nothing stands otherwise.
    """
    kazuko, alex, shohei = (people_of_demo[name] for name in ("kazuko", "alex", "shohei"))

    def again(person: dict, into: str, **more) -> dict:
        twin = {**person, "email": None, "ref": f"{person['ref']}-2", "merged_into": into}
        return {**twin, **more}

    same = again(kazuko, kazuko["ref"])
    before = moment(register.today - timedelta(days=200))
    return [
        same,
        register.insurance(same, "registered", checked=before),
        again(alex, alex["ref"], name="テイラー アレックス"),
        again(shohei, f"{shohei['ref']}-3"),
    ]


class Crowd:
    """Households of everyone else, by chance."""

    def __init__(self, register: Register, seed: int):
        self.register, self.today = register, register.today
        self.chance = Random(seed)  # noqa: S311 - chance that repeats, no secret
        self.names = Faker("ja_JP")
        self.names.seed_instance(seed)
        self.another = None  # somebody's ref to be merged into

    def household(self, *, at_most: int) -> list[dict]:
        """Return the lines of one or two adults and their children, `at_most` people in all."""
        chance = self.chance
        shared = {
            "municipality": chance.choice(MUNICIPALITIES),
            "family": self.names.last_name_pair(),
        }
        age = int(chance.triangular(18, 96, 45))
        couple = at_most > 1 and age >= 22 and chance.random() < 0.5
        children = chance.choices([0, 1, 2, 3], [40, 25, 27, 8])[0] if 24 <= age <= 52 else 0
        children = min(children, at_most - 1 - couple)

        women_and_men = [True, False] if couple else [chance.random() < 0.5]
        adults = [
            self.register.person(self._born(age + 2 * i), female=female, **shared)
            for i, female in enumerate(women_and_men)
        ]
        if not children:
            adults = [self._perhaps_gone(adult) for adult in adults]
        lines = [line for adult in adults for line in self._facts(adult)]
        for _child in range(children):
            child = self.register.person(self._born(chance.randrange(min(18, age - 20))), **shared)
            lines += self._facts(child)
            lines += [self.register.guardianship(adult, child) for adult in adults]
            sex = self.chance.choice("FM")
            lines += ChildFacts(child, sex=sex, today=self.today).usual()
        return lines

    def _born(self, age: int) -> date:
        return birthday(self.today, -age) - timedelta(days=self.chance.randrange(365))

    def _perhaps_gone(self, adult: dict) -> dict:
        """Let a few be moved away, deceased, or found twice in the register."""
        what = self.chance.choices(
            ["", "moved_out_on", "died_on", "merged_into"], [97.5, 1.3, 0.8, 0.4]
        )[0]
        if what == "merged_into" and self.another:
            return {**adult, what: self.another}
        if what in ("moved_out_on", "died_on"):
            since = self.today - timedelta(days=self.chance.randrange(1, 300))
            return {**adult, what: since.isoformat()}
        self.another = adult["ref"]
        return adult

    def _facts(self, person: dict) -> list[dict]:
        register, chance = self.register, self.chance
        born = date.fromisoformat(person["born"])
        adult = first_day_at_age(born, ADULT) <= self.today
        silent = chance.random() < 0.02
        status = chance.choices(
            ["registered", "not-registered", "confirmation-certificate", "unknown"], [69, 25, 4, 2]
        )[0]
        moved_on = self.today - timedelta(days=chance.randrange(1, 60))
        moves = adult and chance.random() < 0.01
        lines = register.moved(person, on=moved_on) if moves else [person]
        if chance.random() < 0.75:
            lines += self._card(person, born, days_before(moved_on) if moves else None)
        lines.append(
            register.insurance(
                person,
                status,
                SILENT_INSURER if silent else chance.choice(INSURERS),
                moment(self.today - SILENT_FOR) if silent else None,
            )
        )
        if adult:
            none = chance.random() < 0.4
            lines.append(register.account(person, "not-registered" if none else "registered"))
        return lines

    def _card(self, holder: dict, born: date, checked: str | None) -> list[dict]:
        """Certificates that end with one of the next five birthdays, or with one just past."""
        recently = self.today - timedelta(days=60)
        age = recently.year - born.year
        if birthday(born, age) < recently:
            age += 1
        age = max(age + self.chance.randrange(5), 5)
        ends = birthday(born, age)
        adult_when_issued = age - 5 >= ADULT
        card_ends = (
            birthday(born, age + 5 * self.chance.randrange(2)) if adult_when_issued else ends
        )
        all_ends = {"user-authentication": ends, "card": card_ends}
        if age - 5 >= SIGNATURE_CERTIFICATE:
            all_ends["signature"] = ends
        return [
            self.register.certificate(holder, type, day, checked) for type, day in all_ends.items()
        ]


def households(residents: int, *, today: date, seed: int = SEED) -> Iterator[list[dict]]:
    """Yield the lines of one household after another: the people to sign in as, then others.

    `residents` is the number of people in all; those to sign in as are there in any case.
    """
    factory.random.reseed_random(seed)
    ResidentFact.reset_sequence(1, force=True)
    register = Register(today)
    there = 0
    for household in named_people(register):
        there += people_in(household)
        yield household
    crowd = Crowd(register, seed)
    while there < residents:
        household = crowd.household(at_most=residents - there)
        there += people_in(household)
        yield household


def people_in(lines: list[dict]) -> int:
    return len({line["ref"] for line in lines if line["kind"] == "resident"})
