"""The words of a Japanese text, as Sudachi finds them.

The dictionary is loaded with the first text, so only in a process that reads some.
"""

from functools import cache, lru_cache
from itertools import groupby

from feedback.word_lists import no_names, stop_words
from feedback.words_english import is_known_name

KEPT = 10_000  # words of which it is remembered whether they are names

# What the dictionary takes for a name, and in a portal is none.
KNOWN = {"マイナ"}
SAID_AFTER_NAMES = {"さん", "様", "氏", "君", "ちゃん", "殿", "先生", "さま", "くん"}
LIKE_SUFFIXES = {"券", "語", "届け", "票", "表"}  # nouns to Sudachi: 接種券, 住民票
LEFT_OFF = {"御", "達", "等", "ら", "共"}  # prefixes and suffixes that change nothing
ASIDE = {"ます", "です"}
PASSIVE = {"れる", "られる"}
NEGATIONS = {"ない", "ず", "ぬ", "へん"}
DO = "為る"
MUST = {"と", "ば"}  # after a negation: "must", "if not"
EASE = {"にくい": "にくい", "づらい": "にくい", "がたい": "にくい", "やすい": "やすい"}
# The last letter of a verb before ない, ます and る of "can" (五段活用).
ENDINGS = {
    "う": "わいえ",
    "く": "かきけ",
    "ぐ": "がぎげ",
    "す": "さしせ",
    "つ": "たちて",
    "ぬ": "なにね",
    "ぶ": "ばびべ",
    "む": "まみめ",
    "る": "らりれ",
}


@cache
def _dictionary():
    """Return Sudachi's dictionary: a tenth of a second, and memory as in docs/performance.md."""
    from sudachipy import Dictionary

    return Dictionary(dict="small")


def _morphemes(part: str):
    from sudachipy import SplitMode

    # One for each part: making it costs nothing, and one cannot serve two threads.
    return _dictionary().tokenizer(mode=SplitMode.C).tokenize(part)


def words_of(part: str) -> list[str | None]:
    """Return the words, each as it stands in a dictionary; None where a name or number stood.

    Nouns, verbs and adjectives. A noun takes what is put before and after it (補助金, 再発行), a
    verb its "not" and its "hard to": わかりません and わからない are both 分からない.
    """
    words = []
    for nouns, group in groupby(_morphemes(part), key=_is_of_a_noun):
        run = list(group)
        if words and _follows_names(run[0]):  # ひかるさん: to Sudachi a verb
            words[-1] = None
        words += _nouns(run) if nouns else _verbs(run)
    return words


# ---- nouns


def _is_of_a_noun(morpheme) -> bool:
    kind, below, *_rest = morpheme.part_of_speech()
    return (
        (kind == "名詞" and below != "助動詞語幹")
        or kind == "接頭辞"
        or (kind == "形状詞" and below == "一般")
        or (kind == "接尾辞" and below in ("名詞的", "形状詞的"))
    )


def _nouns(run: list) -> list[str | None]:
    """Return the words of nouns with nothing between them: none where one of them is a name."""
    if any(map(_is_a_name, run)) or any(map(_follows_names, run[1:])):
        return [None]
    words, prefix, counted = [], "", False
    for one in run:
        kind, below, third, *_rest = one.part_of_speech()
        said = one.normalized_form().lower()
        if below == "数詞" or (counted and third in ("助数詞可能", "助数詞")):
            words.append(None)
            counted = True
            continue
        counted = False
        suffix = kind == "接尾辞" or said in LIKE_SUFFIXES
        if kind == "接頭辞":
            prefix = "" if said in LEFT_OFF else said
        elif suffix and words and words[-1]:
            words[-1] += "" if said in LEFT_OFF else said
        elif kind != "接尾辞":
            words.append(prefix + said)
            prefix = ""
    return words


def _is_a_name(morpheme) -> bool:
    """Tell whether it is a name of a person or a place, or so rare that it is likely one."""
    written, (_kind, _noun, *below) = morpheme.surface(), morpheme.part_of_speech()
    if written in KNOWN:
        return False
    named = below[0] == "人名" or below[:2] == ["地名", "一般"]  # countries stay: 日本語
    rare = morpheme.is_oov() and (_has_kanji(written) or _is_capitalised(written))
    return named or rare or is_known_name(written) or _is_a_name_alone(written)


@lru_cache(maxsize=KEPT)
def _is_a_name_alone(written: str) -> bool:
    """Tell whether the dictionary takes a word in kanji for a person's name where it is alone.

    Between others it may take 太郎 for a noun: くらし太郎.
    """
    if len(written) < 2 or not all(map(_has_kanji, written)):
        return False
    alone = list(_morphemes(written))
    return len(alone) == 1 and alone[0].part_of_speech()[2] == "人名"


def _follows_names(morpheme) -> bool:
    """Tell whether it is "Mr", "Ms" and the like, which in Japanese stand after the name."""
    return _is_of_a_noun(morpheme) and morpheme.normalized_form() in SAID_AFTER_NAMES


def _has_kanji(written: str) -> bool:
    return any("\u3400" <= letter <= "\u9fff" for letter in written)


def _is_capitalised(written: str) -> bool:
    return written[:1].isupper() and written.lower() not in no_names()


# ---- verbs and adjectives


def _verbs(run: list) -> list[str | None]:
    words = []
    for at, one in enumerate(run):
        if one.part_of_speech()[0] in ("動詞", "形容詞"):
            words.append(_with_what_follows(one, run[at + 1 :]))
    return words


def _with_what_follows(morpheme, after: list) -> str:
    """Return a verb or an adjective; with "not" or "hard to" where that follows it."""
    word = _lemma(morpheme)
    if morpheme.part_of_speech()[0] != "動詞":
        return word
    if after and (ease := EASE.get(after[0].dictionary_form())):
        return _stem(morpheme, word, 1) + ease
    passive = ""
    for place, one in enumerate(after):
        said = one.dictionary_form()
        if said in PASSIVE:
            passive = said
        elif said in NEGATIONS and not _is_must(after[place + 1 :]):
            return _negated(morpheme, word, passive)
        elif said not in ASIDE:
            break
    return word


def _is_must(after: list) -> bool:
    return bool(after) and after[0].surface() in MUST


def _negated(morpheme, word: str, passive: str) -> str:
    if word in stop_words() and word != DO:
        return word
    stem = "さ" if word == DO and passive else _stem(morpheme, word, 0)
    return stem + passive[:-1] + "ない"


def _lemma(morpheme) -> str:
    """Return the verb; with "can" where it is said (読める): the normal form leaves that off."""
    word, plain = morpheme.normalized_form(), morpheme.dictionary_form()
    if "一段" in morpheme.part_of_speech()[4] and word[-1] in ENDINGS:
        can = ENDINGS[word[-1]][2] + "る"
        if plain.endswith(can) and not word.endswith(plain[-2:]):
            return word[:-1] + can
    return word


def _stem(morpheme, word: str, row: int) -> str:
    """Return what stands before ない (row 0) and before ます (row 1)."""
    if word == DO:
        return "し"
    if "五段" in morpheme.part_of_speech()[4] and word[-1] in ENDINGS:
        return word[:-1] + ENDINGS[word[-1]][row]
    return word[:-1]
