"""What the catalogues hold, and that all of the sources' texts are found."""

import io
import re
import tomllib
from string import Formatter

import pytest
from babel.messages.extract import extract
from django.utils import translation
from django.utils.translation import pgettext

from portal.translations import CHECKOUT, KEYWORDS, extract_template, extracted, read, words

JAPANESE = CHECKOUT / "locale/ja/LC_MESSAGES/django.po"
# docs/glossary.md, the column "never": as they must not stand in anything that people read.
NEVER = [
    *(
        "タスク",
        "アクション",
        "手続き案内",
        "処理中",
        "ステータス",
        "締切",
        "締め切り",
        "〆切",
        "期日",
    ),
    *("開始日", "スヌーズ", "対応済", "クローズ", "却下", "無視", "条件", "ロジック", "エラー"),
    *(
        "個番カード",
        "マイナ保険証",
        "給付金口座",
        "申込",
        "申し込み",
        "整理番号",
        "管理番号",
        "一時保存",
    ),
    *(
        "差戻",
        "差し戻",
        "不備",
        "親権者",
        "ワクチン接種",
        "自己申告",
        "公的データ",
        "フィードバック",
    ),
    *("アクセスログ", "自治体", "職員", "オペレータ"),
    *("リマインダー", "督促", "通知メール", "プッシュ", "チャネル", "ステップ"),
    *("配信済", "スキップ", "バッチ", "バージョン", "リリース", "ドライラン"),
    *("検診", "定期接種期間", "標準的な接種期間"),
]


def translated():
    return [message for message in read(JAPANESE) if message.id]


def japanese_in(part):
    """Return the Japanese texts of a part of a TOML file that holds texts in both languages."""
    if isinstance(part, list):
        return [text for one in part for text in japanese_in(one)]
    if isinstance(part, dict):
        own = [part["ja"]] if "ja" in part else []
        return own + [text for one in part.values() for text in japanese_in(one)]
    return []


def japanese_texts():
    """Return every Japanese text: the catalogue's, and those of the files that clerks edit."""
    texts = [text for message in translated() for text in words(message)]
    files = list((CHECKOUT / "childcare").rglob("*.toml"))
    assert len(files) == 2
    for file in files:
        texts += japanese_in(tomllib.loads(file.read_text()))
    return texts


def ids(message):
    return message.id if isinstance(message.id, tuple) else (message.id,)


def placeholders(text):
    """Return what is filled into a text: `%(name)s` or `{name}`."""
    percent = re.findall(r"%\(\w+\)[a-z]|%[a-z]", text.replace("%%", ""))
    return {*percent, *(name for _literal, name, _spec, _how in Formatter().parse(text) if name)}


def test_every_text_of_the_sources_is_translated():
    catalogue = read(JAPANESE)

    missing = []
    for message in extracted():
        found = catalogue.get(message.id, message.context)
        if message.id and not (found and all(words(found)) and not found.fuzzy):
            missing.append(f"{message.locations[0][0]}: {ids(message)[0]}")

    assert missing == [], "Run `make messages` and translate what is empty in " + str(JAPANESE)


def test_a_translation_fills_in_what_the_text_fills_in():
    different = [
        message.id
        for message in translated()
        for text in words(message)
        if placeholders(text) != set().union(*map(placeholders, ids(message)))
    ]

    assert different == []


@pytest.mark.parametrize("never", NEVER)
def test_words_that_the_glossary_rules_out_are_not_used(never):
    assert [text for text in japanese_texts() if never in text] == []


def test_nothing_is_exclaimed():
    texts = [*japanese_texts(), *(text for message in translated() for text in ids(message))]

    assert [text for text in texts if re.search("[!！]", text)] == []


def test_english_does_not_fall_back_to_japanese():
    with translation.override("en"):
        assert pgettext("date format", "j F") == "j F"
        assert translation.gettext("Sign in") == "Sign in"
    with translation.override("ja"):
        assert translation.gettext("Sign in") == "サインイン"


def messages_of(template):
    found = extract(extract_template, io.BytesIO(template.encode()), KEYWORDS, ["Translators"])
    return [(message, context, comments) for _line, message, comments, context in found]


@pytest.mark.parametrize(
    ("template", "message", "meant"),
    [
        ('<p title="{% translate "On" %}">', "On", None),
        ("  <ul>\n      <li>\n   {% translate 'Deep' %}", "Deep", None),
        ('{% translate "May" context "month" %}', "May", "month"),
        ("{% blocktranslate trimmed %}\n  One\n  line\n{% endblocktranslate %}", "One line", None),
        (
            "{% blocktranslate with day=due|day %}By {{ day }}, 50%{% endblocktranslate %}",
            "By %(day)s, 50%%",
            None,
        ),
        (
            "{% blocktranslate count n=n trimmed context 'age' %}\n{{ n }} day{% plural %}\n"
            "{{ n }} days{% endblocktranslate %}",
            ("%(n)s day", "%(n)s days"),
            "age",
        ),
        ("{{ name|default:_('nobody') }}", "nobody", None),
        ("{% include 'a.html' with title=_('Mine') %}", "Mine", None),
    ],
)
def test_a_text_in_a_template_is_found(template, message, meant):
    assert [found[:2] for found in messages_of(template)] == [(message, meant)]


def test_a_comment_for_translators_is_kept():
    template = '  {# Translators: a verb #}\n    <b>{% translate "Open" %}</b>'

    assert messages_of(template) == [("Open", None, ["Translators: a verb"])]


def test_templates_and_python_are_both_read():
    files = {place for message in extracted() for place, _line in message.locations}

    assert {"portal/card/task_rules.py", "templates/account/login.html"} <= files
    assert not any(file.startswith("tests/") for file in files)


def test_words_of_djangos_staff_pages_keep_their_sense():
    with translation.override("ja"):
        assert translation.gettext("Changed:") == "変更されました:"
        assert translation.gettext("Remove") == "削除"
