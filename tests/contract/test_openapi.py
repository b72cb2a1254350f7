"""The OpenAPI documents: complete by our own rules, valid by the standard's, as committed, and nothing taken away."""

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from scripts.apps import DOCUMENTED
from scripts.openapi import breaks, path_of, text_of

Operation = dict[str, Any]


def document(service: str) -> dict[str, Any]:
    """As committed; that it is the app's is a test of its own."""
    found: dict[str, Any] = json.loads(path_of(service).read_text(encoding="utf-8"))
    return found


def operations(of: dict[str, Any]) -> Iterator[tuple[str, Operation]]:
    for path, methods in of["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def resolved(part: dict[str, Any], of: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in part:
        found: Any = of
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part


def faults(of: dict[str, Any]) -> Iterator[str]:
    """What our rules miss in a document, one line each."""
    for name, operation in operations(of):
        yield from (f"{name}: no {word}" for word in ("summary", "description", "tags") if not operation.get(word))
        if "security" not in operation or (operation["security"] and not operation.get("x-scope")):
            yield f"{name}: says no scope"
        answers = {status: resolved(answer, of) for status, answer in operation["responses"].items()}
        if not any(status.startswith("2") for status in answers) or "default" in answers:
            yield f"{name}: statuses are not all named"
        for status, answer in answers.items():
            yield from (f"{name} {status}: {fault}" for fault in _answer_faults(status, answer))
        parameters = [resolved(each, of) for each in operation.get("parameters", ())]
        yield from (f"{name}: {fault}" for fault in _parameter_faults(name, operation, parameters))
        body = operation.get("requestBody", {}).get("content", {})
        yield from (f"{name}: body without example" for content in body.values() if not _shown(content))


def _answer_faults(status: str, answer: dict[str, Any]) -> Iterator[str]:
    if status >= "4" and "error" in answer["content"].get("application/json", {}).get("schema", {}).get("required", ()):
        return  # RFC 6749 §5.2
    if status >= "4":
        if list(answer["content"]) != ["application/problem+json"]:
            yield "is no problem"
        if set(answer["content"]["application/problem+json"]["examples"]) != {"zh", "en"}:
            yield "is not shown in both languages"
    elif any(not _shown(content) for content in answer.get("content", {}).values()):
        yield "has no example"
    yield from (f"no header {name}" for name in ("X-Request-Id", "RateLimit") if name not in answer["headers"])


def _parameter_faults(name: str, operation: Operation, parameters: list[dict[str, Any]]) -> Iterator[str]:
    known = {each["name"]: each for each in parameters}
    only_reads = "409" not in operation["responses"]
    writes = name.startswith(("POST", "PATCH")) and operation["security"] and not only_reads
    if writes and not known.get("Idempotency-Key", {}).get("required"):
        yield "takes no Idempotency-Key"
    changes = name.startswith(("POST", "PUT", "PATCH", "DELETE")) and "{" in name
    if changes and operation["security"] and not only_reads:
        stated = bool(operation.get("x-unversioned", "").strip())
        if bool(known.get("If-Match", {}).get("required")) == stated:
            yield "a change requires If-Match, or says why it does not"
    for parameter, each in known.items():
        kinds = [each["schema"], *each["schema"].get("anyOf", ())]
        if any(kind.get("type") == "integer" and "maximum" not in kind for kind in kinds):
            yield f"{parameter} without maximum"


def _shown(content: dict[str, Any]) -> bool:
    return content.get("schema", {}).get("format") == "binary" or bool({"example", "examples"} & content.keys())


@pytest.mark.parametrize("service", DOCUMENTED)
def test_the_committed_document_is_the_apps(service: str) -> None:
    same = path_of(service).read_text(encoding="utf-8") == text_of(service)
    assert same, "write it anew: python -m scripts.openapi"


@pytest.mark.parametrize("service", DOCUMENTED)
def test_a_document_is_complete(service: str) -> None:
    found = document(service)
    assert list(faults(found)) == []
    ids = [operation["operationId"] for _, operation in operations(found)]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("service", DOCUMENTED)
def test_a_document_is_valid_openapi(service: str) -> None:
    found = document(service)
    assert found["openapi"].startswith("3.1")
    assert [error.message for error in OpenAPIV31SpecValidator(found).iter_errors()] == []


@pytest.mark.parametrize("service", DOCUMENTED)
def test_every_part_is_used_by_an_operation(service: str) -> None:
    found = document(service)
    text = json.dumps(found)
    parts = [(kind, name) for kind, named in found["components"].items() for name in named if kind != "securitySchemes"]
    assert parts
    assert [name for kind, name in parts if f'"#/components/{kind}/{name}"' not in text] == []


@pytest.mark.parametrize("service", DOCUMENTED)
def test_a_pattern_means_the_same_to_every_reader(service: str) -> None:
    """A class such as \\s or \\d holds other characters in ECMAScript, in Python, and in Rust, which checks here."""
    patterns = re.findall(r'"pattern": ("(?:[^"\\\\]|\\\\.)*")', json.dumps(document(service)))
    assert patterns
    assert [each for each in patterns if re.search(r"\\\\[sSdDwWbB]", each)] == []


@pytest.mark.parametrize("service", DOCUMENTED)
def test_every_example_is_of_its_schema(service: str) -> None:
    found, wrong = document(service), []
    for name, operation in operations(found):
        for body in (operation.get("requestBody", {}), *operation["responses"].values()):
            for content in resolved(body, found).get("content", {}).values():
                examples = [content["example"]] if "example" in content else []
                examples += [each["value"] for each in content.get("examples", {}).values()]
                schema = content.get("schema", {}) | {"components": found["components"]}
                validator = Draft202012Validator(schema)
                wrong += [
                    f"{name}: {error.json_path} {error.message[:100]}"
                    for example in examples
                    for error in validator.iter_errors(example)
                ]
    assert wrong == []


@pytest.mark.parametrize("service", DOCUMENTED)
def test_nothing_committed_is_taken_away(service: str) -> None:
    assert list(breaks(document(service), json.loads(text_of(service)))) == []


def test_a_breaking_change_is_named() -> None:
    old = document("training")
    new = copy.deepcopy(old)
    del new["paths"]["/v1/waiting"]
    course = new["components"]["schemas"]["CourseOut"]["properties"]
    del course["title"]
    course["days"]["type"] = "string"
    new["components"]["schemas"]["EnrolIn"]["required"].append("on")
    new["paths"]["/v1/courses"]["get"]["parameters"].append(
        {"name": "unit", "in": "query", "required": True, "schema": {"type": "string"}}
    )
    decision = new["components"]["schemas"]["DecisionIn"]["properties"]["decision"]
    decision["enum"] = ["confirm"]
    found = "\n".join(breaks(old, new))
    for expected in (
        "GET /v1/waiting: removed",
        "application/json/title is gone",
        "application/json/days is string, was integer",
        "body application/json/on is required now",
        "parameter unit (query) is required now",
        "takes refuse no more",
    ):
        assert expected in found
    assert list(breaks(old, old)) == []


def test_what_is_added_breaks_nothing() -> None:
    old = document("training")
    new = copy.deepcopy(old)
    new["paths"]["/v1/more"] = copy.deepcopy(new["paths"]["/v1/waiting"])
    new["components"]["schemas"]["CourseOut"]["properties"]["more"] = {"type": "string"}
    sent = new["components"]["schemas"]["EnrolIn"]["properties"]
    name = next(each for each, schema in sent.items() if "type" in schema)
    sent[name] = {"anyOf": [sent[name], {"type": "null"}]}
    assert list(breaks(old, new)) == []


def test_the_rules_bite() -> None:
    bare = document("registry")
    operation = bare["paths"]["/v1/imports"]["post"]
    del operation["summary"]
    operation["parameters"] = [{"name": "number", "in": "query", "schema": {"type": "integer"}}]
    operation["responses"]["default"] = operation["responses"]["400"]
    operation["responses"]["202"]["content"]["application/json"].pop("example")
    bare["paths"]["/v1/women/{woman_id}/merge"]["post"]["parameters"] = []
    bare["paths"]["/v1/women/{woman_id}/exit"]["post"].pop("x-unversioned")
    found = "\n".join(faults(bare))
    for expected in (
        "no summary",
        "no Idempotency-Key",
        "number without maximum",
        "POST /v1/women/{woman_id}/merge: a change requires If-Match",
        "POST /v1/women/{woman_id}/exit: a change requires If-Match",
        "not all named",
        "202: has no example",
    ):
        assert expected in found
