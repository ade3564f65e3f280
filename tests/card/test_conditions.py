"""Unknown is not true: no condition of any rule holds where nothing is known."""

from datetime import date

import pytest
from django.db import connection

from portal.residents.models import Resident
from tasks.compile import TODAY, as_text
from tasks.rules import Condition, registry
from tests.factories import (
    BenefitAccountFactory,
    CertificateFactory,
    DueDoseFactory,
    InsuranceUseFactory,
    ResidentFactory,
)

pytestmark = pytest.mark.django_db

# Here an empty column is itself what is said: no change of address or name, nothing done yet.
EMPTY_IS_SAID = {
    "not-lapsed": True,
    "lapsed": False,
    "allowance-not-done": True,
    "insurance-not-done": True,
    "medical-subsidy-not-done": True,
    "low-birth-weight-not-done": True,
    "birth-not-in-the-register": True,
    "checkup-not-done": True,
    "not-answered": True,
    "still-asked": True,
    # Nobody can say how long it usually takes.
    "longer-than-usual": False,
}

# What a condition says without words of its own.
UNKNOWN_OF_ALL = Condition.__dataclass_fields__["unknown"].default

CONDITIONS = [
    pytest.param(rule, condition, id=f"{key}:{condition.name}")
    for key, rule in registry.items()
    for condition in rule.all_conditions
]
FACTORIES = {
    "certificate": CertificateFactory,
    "insuranceuse": InsuranceUseFactory,
    "benefitaccount": BenefitAccountFactory,
    "duedose": DueDoseFactory,
}


def rows_of(rule, condition):
    if condition in rule.person_conditions:
        return Resident.objects.order_by()
    return rule.rows(TODAY).order_by()


def values_on(rule, condition, today, *, nulls):
    """Return the condition's value for each row, all of whose columns are NULL if `nulls`."""
    queryset = rows_of(rule, condition)
    table = queryset.model._meta.db_table
    queryset = queryset.model.objects.order_by().annotate(value=condition.value(TODAY))
    sql = as_text(queryset.values("value"))
    if nulls:
        blank = f'FROM (SELECT 1) one LEFT JOIN "{table}" ON false'
        assert sql.count(f'FROM "{table}"') == 1
        sql = sql.replace(f'FROM "{table}"', blank)
    with connection.cursor() as cursor:
        cursor.execute(sql, {"today": today})
        return [value for (value,) in cursor.fetchall()]


@pytest.mark.parametrize(("rule", "condition"), CONDITIONS)
def test_a_condition_about_nothing_known_is_unknown(rule, condition):
    [value] = values_on(rule, condition, "2027-03-01", nulls=True)

    assert value is EMPTY_IS_SAID.get(condition.name)


@pytest.mark.parametrize("rule", registry.values(), ids=registry)
def test_no_rule_holds_where_nothing_is_known(rule):
    values = {
        value
        for condition in rule.all_conditions
        for value in values_on(rule, condition, "2027-03-01", nulls=True)
    }

    assert None in values


@pytest.mark.parametrize(("rule", "condition"), CONDITIONS)
def test_what_a_rule_filters_by_is_what_it_explains(rule, condition):
    """The filter that opens tasks lets through exactly the rows whose value is true."""
    rows = rows_of(rule, condition)
    FACTORIES.get(rows.model._meta.model_name, ResidentFactory)()
    for today in (date(2026, 11, 1), date(2027, 2, 20), date(2027, 2, 21), date(2029, 1, 1)):
        true = rows.model.objects.annotate(v=condition.value(today)).filter(v=True)
        through = rows.model.objects.filter(condition.holds_for_certain(today))

        assert set(true) == set(through)


@pytest.mark.parametrize("key", ["card.insurance-use", "card.benefit-account"])
@pytest.mark.parametrize(
    ("fields", "today", "value"),
    [
        ({"status": "not-registered"}, "2026-12-01", True),
        ({"status": "registered"}, "2026-12-01", False),
        ({"status": "unknown"}, "2026-12-01", None),
        ({"status": "not-registered"}, "2027-11-01", None),
        ({"status": "registered"}, "2027-11-01", None),
        ({"status": "not-registered"}, "2027-10-31", True),
    ],
)
def test_a_status_is_true_false_or_unknown_and_too_old_is_unknown(key, fields, today, value):
    rule = registry[key]
    condition = rule.conditions[0]
    FACTORIES[rule.rows(TODAY).model._meta.model_name](**fields)

    assert values_on(rule, condition, today, nulls=False) == [value]


def test_no_condition_is_said_negatively():
    """`~Q` and exclude() make Django add IS NOT NULL, which turns unknown into true."""

    def negated(node):
        children = getattr(node, "children", [])
        return getattr(node, "negated", False) or any(negated(child) for child in children)

    assert [
        condition.name
        for rule in registry.values()
        for condition in rule.all_conditions
        if negated(condition.test(TODAY)) or (condition.known and negated(condition.known(TODAY)))
    ] == []


@pytest.mark.parametrize("rule", registry.values(), ids=lambda rule: rule.key)
def test_no_two_conditions_say_the_same_of_what_is_not_known(rule):
    own_words = [
        condition.unknown for condition in rule.conditions if condition.unknown != UNKNOWN_OF_ALL
    ]

    assert len(own_words) == len({str(words) for words in own_words})
