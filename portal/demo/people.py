"""Who can sign in to the demo, and what each of them shows. All are invented."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from feedback.review_groups import PUBLISHERS as OPINION_PUBLISHERS
from feedback.review_groups import REVIEWERS as OPINION_REVIEWERS
from portal.applications.office_groups import CASE_WORKERS, DECIDERS
from portal.exchange.connections.group import GROUP as CONNECTIONS
from portal.exchange.help_desk import GROUP
from portal.exchange.merges.group import GROUP as REGISTER


@dataclass(frozen=True)
class Person:
    """Somebody who signs in to the demo; with a `ref`, a resident."""

    email: str
    about: str | Promise
    ref: str = ""
    full_name: str = ""
    kana: str = ""
    language: str = "ja"
    superuser: bool = False
    group: str = ""  # of the staff: what they may do
    office: str = ""  # and whose cases they see: the code of a municipality


HANAKO = Person(
    ref="demo-hanako",
    email="hanako@example.jp",
    full_name="山田 花子",
    kana="ヤマダ ハナコ",
    about=_("Has three things to do: renew a certificate, insurance use, bank account."),
)
YOSHINO = Person(
    ref="demo-yoshino",
    email="yoshino@example.jp",
    full_name="川口 佳乃",
    kana="カワグチ ヨシノ",
    about=_("Has children of 0, 3, 9 and 16 years, and acts for them."),
)
TOSHIKI = Person(
    ref="demo-toshiki",
    email="toshiki@example.jp",
    full_name="川口 俊樹",
    kana="カワグチ トシキ",
    about=_("Is the other guardian of the youngest of these children."),
)
MISAKI = Person(
    ref="demo-misaki",
    email="misaki@example.jp",
    full_name="佐々木 美咲",
    kana="ササキ ミサキ",
    about=_(
        "Has five children: newborn, one whose records differ, one who began with the 4-in-1 "
        "vaccine, one who enters school next, and a girl of 11."
    ),
)
TAKUMI = Person(
    ref="demo-takumi",
    email="takumi@example.jp",
    full_name="森 拓海",
    kana="モリ タクミ",
    about=_("Has a child born 7 weeks early, three months ago."),
)
AKIKO = Person(
    ref="demo-akiko",
    email="akiko@example.jp",
    full_name="小林 明子",
    kana="コバヤシ アキコ",
    about=_("Has nothing to do at the moment; the next renewal is in about a year."),
)
MASAO = Person(
    ref="demo-masao",
    email="masao@example.jp",
    full_name="石井 正夫",
    kana="イシイ マサオ",
    about=_("Has an insurer that has been silent for 45 days: a task stays, not checked since."),
)
SETSUKO = Person(
    ref="demo-setsuko",
    email="setsuko@example.jp",
    full_name="遠藤 節子",
    kana="エンドウ セツコ",
    about=_("Has certificates that expired a few days ago."),
)
SHOHEI = Person(
    ref="demo-shohei",
    email="shohei@example.jp",
    full_name="岡田 昌平",
    kana="オカダ ショウヘイ",
    about=_("Has moved house, which ended the certificate for signature."),
)
ALEX = Person(
    ref="demo-alex",
    email="alex@example.jp",
    full_name="TAYLOR ALEX",
    kana="テイラー アレックス",
    language="en",
    about=_("Reads the portal in English; has a child born abroad, of whom no record is known."),
)
KAZUKO = Person(
    ref="demo-kazuko",
    email="kazuko@example.jp",
    full_name="松田 和子",
    kana="マツダ カズコ",
    about=_("Holds a certificate of eligibility in place of registering the card."),
)
PEOPLE = [
    *(HANAKO, YOSHINO, TOSHIKI, MISAKI, TAKUMI),
    *(AKIKO, MASAO, SETSUKO, SHOHEI, ALEX, KAZUKO),
]

CLERKS = [
    Person(
        email="clerk@example.jp",
        group=CASE_WORKERS,
        office="131016",
        about=_("Clerk of Chiyoda City: works on applications."),
    ),
    Person(
        email="decider@example.jp",
        group=DECIDERS,
        office="131016",
        about=_("Clerk of Chiyoda City: decides on applications too."),
    ),
    Person(
        email="elsewhere@example.jp",
        group=CASE_WORKERS,
        office="011002",
        about=_("Clerk of another municipality: sees its applications alone."),
    ),
]
REVIEWERS = [
    Person(
        email="reviewer@example.jp",
        group=OPINION_REVIEWERS,
        about=_("Reviews opinions, and answers who asked."),
    ),
    Person(
        email="publisher@example.jp",
        group=OPINION_PUBLISHERS,
        about=_("Reviews opinions, and publishes what was changed."),
    ),
]
REGISTER_CLERK = Person(
    email="register@example.jp",
    group=REGISTER,
    office="131016",
    about=_("Clerk of Chiyoda City: decides whether two records are one person’s."),
)
SECOND_REGISTER_CLERK = Person(
    email="register2@example.jp",
    group=REGISTER,
    office="131016",
    about=_("Clerk of Chiyoda City: says the second yes where two records differ."),
)
# The help desk stays last: by it an earlier run is known.
STAFF = [
    Person(
        email="staff@example.jp", superuser=True, about=_("Staff: may see and change everything.")
    ),
    *CLERKS,
    *REVIEWERS,
    Person(
        email="connections@example.jp",
        group=CONNECTIONS,
        about=_("Connects sources: what they may send, and their keys."),
    ),
    REGISTER_CLERK,
    SECOND_REGISTER_CLERK,
    Person(
        email="helpdesk@example.jp",
        group=GROUP,
        about=_("Help desk: may look, and change nothing."),
    ),
]
EVERYBODY = [*PEOPLE, *STAFF]
