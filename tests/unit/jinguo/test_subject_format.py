"""The form of an export: its committed schema is that of the types, says what holds, and refuses what does not."""

import copy
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from jinguo.subject.format import DIALECT, SubjectExport, schema, schema_text
from services import SERVICES

FILE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "subject-export.v1.schema.json"
HER = "0197d2c8-6a50-7cc2-a14a-1a1f5c8f2b01"
EVENT: dict[str, Any] = {
    "position": 7, "stream": HER, "version": 1, "type": "woman-registered", "recorded_at": "2018-03-01T08:00:00Z",
    "by": {"actor": "a", "role": "cadre", "unit": "522634000000", "valid": None},
    "data": {"personal": {"name": "张三"}},
}  # fmt: skip
RECORD = {"number": 3, "type": "registry.woman-registered.v1", "at": "2018-03-01T08:00:01Z", "data": {"woman_id": HER}}
NOTHING: dict[str, Any] = {"events": [], "published": [], "tables": {}}
EXPORT: dict[str, Any] = {
    "format": "jinguo.subject-export.v1", "made_at": "2026-01-05T08:00:00Z", "reason": "access_request",
    "woman_id": HER, "records": [HER],
    "services": {
        "registry": {"events": [EVENT], "published": [RECORD], "tables": {"women": [{"woman_id": HER}]}},
        **{name: NOTHING for name in SERVICES if name != "registry"},
    },
    "register_files": [{"import": HER, "file": "raw", "row": 9, "cells": {"姓名": "张三"}}],
    "import_results": [{"service": "training", "job": HER, "kind": "roster", "row": {"row": 4}}],
}  # fmt: skip
WRONG: dict[str, tuple[tuple[str | int, ...], Any]] = {
    "another format": (("format",), "jinguo.subject-export.v2"),
    "no record of hers": (("records",), []),
    "a reason in words": (("reason",), "因为她要求"),
    "an unknown part": (("secret",), 1),
    "a service that is none": (("services", "nobody"), NOTHING),
    "a number that is none": (("services", "registry", "published", 0, "number"), "three"),
    "cells that are no text": (("register_files", 0, "cells"), {"姓名": 1}),
}


def test_the_committed_schema_is_that_of_the_types() -> None:
    text = FILE.read_text("utf-8")
    assert text == schema_text(), f"python -m jinguo.subject.format > {FILE.relative_to(FILE.parents[2])}"
    assert schema()["$schema"] == DIALECT
    Draft202012Validator.check_schema(schema())


def test_an_export_is_as_the_types_and_the_schema_say() -> None:
    Draft202012Validator(schema()).validate(EXPORT)
    assert SubjectExport.model_validate(EXPORT).model_dump(mode="json", by_alias=True) == EXPORT


@pytest.mark.parametrize("what", WRONG)
def test_what_an_export_may_not_be_is_refused(what: str) -> None:
    path, value = WRONG[what]
    wrong = copy.deepcopy(EXPORT)
    part: Any = wrong
    for name in path[:-1]:
        part = part[name]
    part[path[-1]] = value
    assert not Draft202012Validator(schema()).is_valid(wrong)
    with pytest.raises(ValidationError):
        SubjectExport.model_validate(wrong)
