"""Every rule that an import may name has words on the page."""

import inspect
import re

from services.console.rules import RULES
from services.outreach.rosters import importing, reading
from services.registry.adapters.income_lists import income_list
from services.registry.adapters.need_lists import needs_list
from services.registry.domain import division_checks
from services.registry.domain.incomes.formula import Income
from services.registry.domain.incomes.plausible import Bounds, doubts
from services.registry.domain.matching import FILLED
from services.registry.domain.register.rules import RULES as REGISTER
from services.registry.handlers import changing, dividing

ROSTER = {"course_full", "duplicate_in_same_class", "mark_unknown", "name_differs", "not_a_woman", "not_in_register"}


def test_every_rule_of_the_register_is_said_in_its_own_words() -> None:
    assert {code: RULES.get(code) for code in REGISTER} == {code: rule.text for code, rule in REGISTER.items()}


def test_rules_of_lists_and_changes_of_divisions_have_words_too() -> None:
    handlers = [inspect.getsource(module) for module in (division_checks, changing, dividing)]
    said = {rule for text in handlers for rule in re.findall(r'Finding\(\s*f?"[a-z_{}]+", "([a-z_]+)", ', text)}
    assert len(said) > 20
    assert said <= set(RULES)


def test_rules_of_income_and_needs_sheets_have_words_too() -> None:
    kinds = (income_list(Bounds()), needs_list())
    odd = (Income(-1, 0, 0, 0, 0), Income(0, 1, 0, 0, 0), Income(0, 10**9, 0, 0, 0))
    doubted = {each.rule for income in odd for each in doubts(income, 1, 2, Bounds())}
    assert doubted == {"persons_differ", "operating_loss", "income_negative", "income_low", "income_high"}
    assert set(RULES) >= {rule for kind in kinds for rule in kind.words} | doubted


def test_rules_of_publicity_sheets_have_words_too() -> None:
    texts = "".join(map(inspect.getsource, (reading, importing)))
    said = set(re.findall(r'"([a-z_]+)",\s"(?:error|warning)"', texts))
    said |= set(re.findall(r'columns\.[A-Z]+, "([a-z_]+)", [a-z]+, [^)]+\)', texts))
    assert len(said) > 12
    assert said <= set(RULES)


def test_rules_of_rosters_have_words_too() -> None:
    assert set(RULES) >= ROSTER | {rule for rules in FILLED.values() for rule in rules}
