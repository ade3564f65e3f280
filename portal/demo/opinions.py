"""The demo's opinions: some months of marks on three pages, what was written, one change; and a
page that became less clear in the last week."""

from datetime import date, datetime, time, timedelta
from random import Random
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import transaction
from django.utils import timezone, translation

from feedback import alerts, review, rising_now
from feedback.models import Improvement, Opinion, PageOwner, Wording
from feedback.pairs import pairs
from feedback.publish import publish
from feedback.read import read
from feedback.wording import messages, wording_version
from portal.accounts.models import User
from portal.applications.models import ProcedureVersion
from portal.demo import people
from portal.demo.said import SAID_BEFORE, SAID_LATELY
from portal.residents.models import Municipality, Resident
from tasks.compile import fingerprint
from tasks.rules import registry
from tasks.views import opinion_about

DAYS, CHANGED_DAYS_AGO, SEED = 150, 45, 9
# Route, template, of a hundred marks how many were “not clear”: before the change, and since; and
# what rule the page is about.
RULE = "card.user-authentication-renewal"
PAGES = [
    ("tasks:home", "tasks/home.html", 14, 12, ""),
    ("tasks:task", "tasks/task.html", 38, 17, RULE),
    ("applications:catalogue", "applications/catalogue.html", 22, 24, ""),
]
LANGUAGES = ["ja"] * 7 + ["en"]
WRITTEN = [
    ("ja", "tasks:task", ["hard-words"], "「利用者証明用電子証明書」という言葉がむずかしいです。"),
    (
        "ja",
        "tasks:task",
        ["hard-words"],
        "利用者証明用電子証明書の言葉がむずかしくてわかりません。",
    ),
    ("ja", "tasks:task", ["next-step"], "窓口の予約が必要かどうか、書いてほしい。"),
    ("en", "tasks:task", ["next-step"], "Do I have to make an appointment first?"),
    ("ja", "applications:catalogue", ["not-found"], "補助金の一覧がほしいです。"),
    ("en", "applications:catalogue", ["not-found"], "I want a list of subsidies."),
    ("ja", "tasks:home", ["too-long"], "子どもの予定が下のほうにあって見つけにくい。"),
    ("en", "tasks:home", ["not-my-case"], "I moved here last week and the list is still empty."),
]
# On questions of a procedure: language, question, errors shown, reasons, text.
OF_PROCEDURE = "moving-in"
WRITTEN_OF_QUESTIONS = [
    (
        *("ja", "old-address", ["postcode:invalid"], ["did-not-work"]),
        "郵便番号を全角で入れたら、正しくないと出ました。",
    ),
    (
        *("ja", "since", ["answer:required"], ["hard-words"]),
        "荷物を運んだ日でよいのか、届け出る日なのかわかりません。",
    ),
    ("en", "who-moves", [], ["not-my-case"], "My partner moves a month later than I do."),
]
# A page that became less clear in the last week: of so many answers a day, this many “not clear”.
WORSE = ("childcare:child", "childcare/child.html")
DAYS_BEFORE, DAYS_LATELY = range(8, 36), range(1, 8)
WRITTEN_OF_IT = [
    ("ja", ["not-found"], "次の接種の日がどこにあるのか、前よりわかりにくい。"),
    ("ja", ["too-long"], "表が長くなって、スマートフォンでは読みにくいです。"),
    ("en", ["not-found"], "I cannot find the next date any more."),
]
ASKED = "出張所でも更新できますか。"
DECLINED = "ごみの収集日も通知してほしい。"
RULES_PAGE = "tasks:task"
OTHER_OFFICES = ["131041", "271004", "281000"]  # 新宿区, 大阪市, 神戸市


@transaction.atomic
def make_opinions(*, today: date) -> None:
    """Make them, once; people and staff are there."""
    if Opinion.objects.exists():
        return
    reviewer, publisher = (User.objects.get(email=one.email) for one in people.REVIEWERS)
    changed = at(today, CHANGED_DAYS_AGO)
    old, new = wordings(before, changed), wordings(now, changed)
    chance = Random(SEED)  # noqa: S311 - chance that repeats, no secret
    office = Resident.objects.get(ref=people.YOSHINO.ref).municipality
    offices = [office] * 5 + list(Municipality.objects.filter(pk__in=OTHER_OFFICES))
    Opinion.objects.bulk_create(
        mark(page, days_ago, new if days_ago <= CHANGED_DAYS_AGO else old, offices, today, chance)
        for page in PAGES
        for days_ago in range(DAYS, 0, -1)
        for _mark in range(chance.randint(0, 4))
    )
    for number, (language, route, *said) in enumerate(WRITTEN):
        about = {"wording": new[route, language], **about_rule(RULE if route == RULES_PAGE else "")}
        place = chance.choice(offices)
        written(language, route, *said, at(today, 2 + 3 * number), place, **about)
    write_of_questions(office, today)
    say_freely(office, today)
    asked(at(today, 1), office, new[RULES_PAGE, "ja"])
    tell_what_was_done(reviewer, publisher, changed)
    become_less_clear(publisher, office, today)
    read()
    rising_now.look(now=timezone.now())
    alerts.look(day=today)


def at(today: date, days_ago: int) -> datetime:
    return timezone.make_aware(datetime.combine(today - timedelta(days_ago), time(10, 30)))


def about_rule(rule: str) -> dict:
    """Return what an opinion on a page about a rule says of it; {} without one."""
    return {"rule": rule, "rule_version": fingerprint(registry[rule])} if rule else {}


def wordings(of, changed: datetime) -> dict[tuple[str, str], Wording]:
    """Return the wordings of all pages by route and language, each made by `of`."""
    return {
        (page[0], language): of(page, language, changed)
        for page in PAGES
        for language in dict.fromkeys(LANGUAGES)
    }


def before(page, language: str, changed: datetime) -> Wording:
    """Return the wording of a page as it was before the change, when it said less."""
    route, template, *_shares = page
    with translation.override(language):
        version = wording_version(template, ["before"])
    return Wording.objects.create(
        version=version,
        route=route,
        language=language,
        messages=messages(template, language)[:-3],
        first_seen=changed - timedelta(days=DAYS),
    )


def now(page, language: str, changed: datetime) -> Wording:
    """Return the wording that the page has today."""
    route, template, *_shares, rule = page
    with translation.override(language):
        texts = opinion_about(registry[rule])["texts"] if rule else []
        version = wording_version(template, texts)
    return Wording.objects.create(
        version=version,
        route=route,
        language=language,
        messages=messages(template, language),
        first_seen=changed,
    )


def mark(page, days_ago: int, wordings: dict, offices, today: date, chance: Random) -> Opinion:
    route, _template, before_share, since_share, rule = page
    share = since_share if days_ago <= CHANGED_DAYS_AGO else before_share
    language = chance.choice(LANGUAGES)
    return Opinion(
        once=UUID(int=chance.getrandbits(128)),
        kind=Opinion.Kind.CLEAR,
        clear=chance.randrange(100) >= share,
        given_at=at(today, days_ago) + timedelta(minutes=chance.randrange(600)),
        route=route,
        wording=wordings[route, language],
        language=language,
        width=chance.choice(["narrow", "narrow", "wide"]),
        municipality=chance.choice(offices),
        state=Opinion.State.COUNTED,
        **about_rule(rule),
    )


def write_of_questions(office, today: date) -> None:
    """Keep what was written on questions of a procedure, some after an error."""
    procedure = ProcedureVersion.objects.offered().filter(procedure__key=OF_PROCEDURE).first()
    for days_ago, one in enumerate(WRITTEN_OF_QUESTIONS, start=2):
        language, question, errors, reasons, text = one
        about = {
            "procedure": OF_PROCEDURE,
            "procedure_version": procedure.number if procedure else 1,
            "question": question,
            "errors": errors,
        }
        route = "applications:question"
        written(language, route, reasons, text, at(today, days_ago), office, **about)


def written(
    language: str, route: str, reasons, text: str, given_at: datetime, office, **about
) -> Opinion:
    return Opinion.objects.create(
        once=uuid5(NAMESPACE_URL, text),
        kind=Opinion.Kind.CLEAR,
        clear=False,
        given_at=given_at,
        route=route,
        reasons=reasons,
        text=text,
        pairs=pairs(text),
        language=language,
        width="narrow",
        municipality=office,
        **about,
    )


def say_freely(office, today: date) -> None:
    """Keep opinions about anything, so that the last week differs from the four before."""
    before = [(text, 8 + number % 27) for number, text in enumerate(SAID_BEFORE)]
    lately = [(text, 1 + number % 6) for number, text in enumerate(SAID_LATELY)]
    Opinion.objects.bulk_create(
        Opinion(
            once=uuid5(NAMESPACE_URL, text),
            kind=Opinion.Kind.FREE,
            given_at=at(today, days_ago) + timedelta(minutes=number),
            text=text,
            pairs=pairs(text),
            language="en" if text.isascii() else "ja",
            municipality=office,
        )
        for number, (text, days_ago) in enumerate(before + lately)
    )


def asked(given_at: datetime, office, wording: Wording) -> Opinion:
    """Return an opinion of a named person who would like an answer."""
    about = {"wording": wording, **about_rule(RULE)}
    opinion = written("ja", RULES_PAGE, ["next-step"], ASKED, given_at, office, **about)
    opinion.asker = Resident.objects.get(ref=people.YOSHINO.ref)
    opinion.save(update_fields=["asker"])
    return opinion


def become_less_clear(owner, office, today: date) -> None:
    """Keep answers about a page that somebody owns, so that the next look finds it."""
    route, template = WORSE
    wording = now((route, template, ""), "ja", at(today, DAYS_BEFORE[-1]))
    answers = [
        *((days_ago, one > 0 or days_ago % 3 > 0) for days_ago in DAYS_BEFORE for one in range(3)),
        *((days_ago, one > 1) for days_ago in DAYS_LATELY for one in range(5)),
    ]
    Opinion.objects.bulk_create(
        Opinion(
            once=uuid5(NAMESPACE_URL, f"{route} {number}"),
            kind=Opinion.Kind.CLEAR,
            clear=clear,
            given_at=at(today, days_ago) + timedelta(minutes=number),
            route=route,
            wording=wording,
            language="ja",
            width="narrow",
            municipality=office,
            state=Opinion.State.COUNTED,
        )
        for number, (days_ago, clear) in enumerate(answers)
    )
    for days_ago, (language, reasons, text) in enumerate(WRITTEN_OF_IT, start=1):
        written(language, route, reasons, text, at(today, days_ago), office)
    PageOwner.objects.create(route=route, user=owner)


def tell_what_was_done(reviewer, publisher, changed: datetime) -> None:
    improvement = Improvement.objects.create(
        said_ja="「やること」のページの言葉がむずかしい。",
        said_en="The words on the page of a task are hard.",
        done_ja="むずかしい言葉に説明を添え、持ちものを先に書きました。",
        done_en="Hard words are explained, and what to bring comes first.",
        version="Annai 0.1",
        changed_at=changed,
        route=RULES_PAGE,
        rule=RULE,
        made_by=reviewer,
    )
    publish(improvement.pk, by=publisher)
    done = Opinion.objects.filter(text=WRITTEN[0][3]).get()
    deeds = [("new", "looking", None), ("looking", "done", improvement)]
    for seen, to, by_what in deeds:
        review.change_state(done.uuid, seen=seen, to=to, by=reviewer, improvement=by_what)
    begin_the_review(reviewer, publisher)


def begin_the_review(reviewer, publisher) -> None:
    """Let some be planned, looked at, declined and the same as another; most still wait."""
    planned, same = (Opinion.objects.get(text=WRITTEN[number][3]) for number in (4, 5))
    review.change_tags(planned.uuid, names=["一覧"], by=reviewer)
    review.change_state(planned.uuid, seen="new", to="planned", by=reviewer)
    review.merge(same.uuid, into=planned.uuid, by=reviewer)
    looked_at = Opinion.objects.get(text=WRITTEN_OF_QUESTIONS[0][4])
    review.change_tags(looked_at.uuid, names=["入力"], by=reviewer)
    review.add_note(looked_at.uuid, text="全角の数字も受け付けられないか、確認中。", by=reviewer)
    review.change_state(looked_at.uuid, seen="new", to="looking", by=publisher)
    declined = Opinion.objects.get(text=DECLINED)
    why = "収集日は市区町村ごとの日程で、このサイトにはまだ届いていません。"
    review.change_state(declined.uuid, seen="new", to="declined", by=reviewer, why=why)
