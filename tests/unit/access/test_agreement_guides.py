"""What the guides and the document of access say of agreements can be said to the product."""

import re
from pathlib import Path

import pytest

from jinguo.cli.agreements import ADD
from jinguo.cli.errors import from_problem
from libs.access.agreements import FIELD_CLASSES
from libs.access.rules import MEASURES
from libs.feeds.topics import all_types

DOCS = Path(__file__).resolve().parents[3] / "docs"
TEXTS = (
    (DOCS / "how-to" / "agreements.md").read_text(encoding="utf-8"),
    (DOCS / "how-to" / "follow-the-events.md").read_text(encoding="utf-8"),
    (DOCS / "reference" / "openapi" / "access.json").read_text(encoding="utf-8"),
    ADD,
)
TYPE = re.compile(r"(?:training|registry)\.[a-z-]+\.v[0-9]")
OPTION = re.compile(r"--(field|measure) ([a-z]+)")


def test_every_type_that_is_named_exists() -> None:
    named = {each for text in TEXTS for each in TYPE.findall(text)}
    assert named
    assert named <= all_types()


@pytest.mark.parametrize(("option", "known"), [("field", FIELD_CLASSES), ("measure", MEASURES | {"all"})])
def test_every_class_and_measure_that_is_named_exists(option: str, known: frozenset[str]) -> None:
    named = {value for text in TEXTS for name, value in OPTION.findall(text) if name == option}
    assert named
    assert named <= known


def test_a_refusal_names_what_was_given_and_what_is_right() -> None:
    item = {"pointer": "/fields", "detail": "Not known.", "value": "helth", "right": "place, poverty"}
    (line,) = from_problem({"code": "access.agreement_terms", "errors": [item]}, 422).details
    assert line == "/fields: Not known. Given: helth. Right: place, poverty."
