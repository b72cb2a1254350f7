"""The kits that services test themselves with bite."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest

from libs.events.codec import Codec
from libs.events.personal import Personal
from libs.events.testing import given, golden, schemas
from libs.events.testing.store_suite import Count, Counted, counter
from libs.values.errors import Invalid, Refused

PERSON = UUID(int=1)


@dataclass(frozen=True, slots=True)
class Named:
    name: Personal[str]
    town: str


SAMPLE = Named(Personal(PERSON, None, sealed="1.1.identity.AAAA"), "大塘镇")


def _codec(version: int = 1) -> Codec:
    steps = {n: lambda data: {**data, "town": data.get("town", "?")} for n in range(1, version)}
    return Codec().add("named", Named, version=version, upcasters=steps)


def test_given_history_when_commanded_then_events() -> None:
    given(counter, Counted(1)).when(Count()).then(Counted(2))
    given(counter).when(Count(quietly=True)).then_nothing()
    given(counter, Counted(1)).when(Count(limit=1)).then_refused(Refused, "counted to 1")
    given(counter, Counted(1)).when(Count(limit=1)).then_refused(Refused, "count.full")


TAKEN, REFUSED = given(counter).when(Count()), given(counter).when(Count(limit=0))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: TAKEN.then(Counted(5)),
        lambda: REFUSED.then(Counted(1)),
        lambda: TAKEN.then_refused(Refused),
        lambda: REFUSED.then_refused(Invalid),
        lambda: REFUSED.then_refused(Refused, "something else"),
    ],
    ids=["other event", "refused", "taken", "kind", "text"],
)
def test_a_wrong_expectation_fails(wrong: Callable[[], None]) -> None:
    with pytest.raises(AssertionError):
        wrong()


def test_missing_golden_files_are_named_and_written_on_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "golden"
    assert golden.problems(_codec(), folder, {"named": SAMPLE}) == ["named.v1.json: missing"]
    monkeypatch.setenv("JINGUO_GOLDEN", "write")
    assert golden.problems(_codec(), folder, {"named": SAMPLE}) == []
    monkeypatch.delenv("JINGUO_GOLDEN")
    assert golden.problems(_codec(), folder, {"named": SAMPLE}) == []
    assert golden.problems(_codec(), folder, {}) == ["named: no sample"]


def test_a_golden_file_of_an_older_version_must_stay_readable(tmp_path: Path) -> None:
    old = {"name": {"subject": str(PERSON), "class": "identity", "sealed": None}}
    (tmp_path / "named.v1.json").write_text(json.dumps(old), "utf-8")
    (tmp_path / "named.v2.json").write_text(_codec(2).dump(SAMPLE).data, "utf-8")
    assert golden.problems(_codec(2), tmp_path, {"named": SAMPLE}) == []
    (tmp_path / "named.v1.json").write_text('{"town": "x"}', "utf-8")
    (found,) = golden.problems(_codec(2), tmp_path, {"named": SAMPLE})
    assert found.startswith("named.v1.json: no longer readable: ValidationError")


def test_an_event_written_in_another_form_without_a_version_is_named(tmp_path: Path) -> None:
    (tmp_path / "named.v1.json").write_text(json.dumps({**json.loads(_codec().dump(SAMPLE).data), "x": 1}), "utf-8")
    (found,) = golden.problems(_codec(), tmp_path, {"named": SAMPLE})
    assert "raise its version" in found


def test_a_sample_of_another_type_is_named(tmp_path: Path) -> None:
    codec = _codec().add("counted", Counted)
    (tmp_path / "named.v1.json").write_text(codec.dump(SAMPLE).data, "utf-8")
    (tmp_path / "counted.v1.json").write_text('{"n": 1}', "utf-8")
    found = golden.problems(codec, tmp_path, {"named": SAMPLE, "counted": SAMPLE})
    assert found == ["counted: the sample is a named"]


def test_schema_files_are_written_when_new_or_additive_and_kept_when_broken(tmp_path: Path) -> None:
    folder = tmp_path / "schemas"
    assert schemas.write(folder) == []
    name = next(schemas.all_contracts()).type
    path = folder / f"{name}.json"
    committed = json.loads(path.read_text("utf-8"))
    broken = {**committed, "properties": {**committed["properties"], "gone": {"type": "string"}}}
    path.write_text(json.dumps(broken), "utf-8")
    assert schemas.write(folder) == [f"{name}: gone was removed"]
    assert json.loads(path.read_text("utf-8")) == broken
