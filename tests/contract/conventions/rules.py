"""The conventions as checks of one operation: each yields a line for every way in which it is not kept."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace

import httpx

from tests.contract.conventions.asking import REQUEST_ID, TRACE, Ask, Operation

METHODS = ("PUT", "DELETE", "PATCH", "POST")
TOO_MUCH = str(10**12)


@dataclass
class Asked:
    """An operation of an open service and a caller who may call it; `seen` are the answers of all checks."""

    operation: Operation
    client: httpx.AsyncClient
    bearer: Mapping[str, str]
    seen: list[httpx.Response] = field(default_factory=list)

    def good(self) -> Ask:
        return self.operation.good(self.bearer)

    async def send(self, ask: Ask) -> httpx.Response:
        answer = await ask.send(self.client)
        self.seen.append(answer)
        return answer


Rule = Callable[[Asked], AsyncIterator[str]]


async def who_is_unknown_is_told_to_sign_in(asked: Asked) -> AsyncIterator[str]:
    if asked.operation.scopes:
        answer = await asked.send(asked.good().without("Authorization"))
        if (answer.status_code, answer.headers.get("www-authenticate")) != (401, 'Bearer realm="jinguo"'):
            yield _said(answer, "401 with WWW-Authenticate")


async def an_unknown_parameter_is_refused(asked: Asked) -> AsyncIterator[str]:
    answer = await asked.send(asked.good().adding(nonsense="1"))
    if _code(answer) != (400, "common.unknown_parameter"):
        yield _said(answer, "400 common.unknown_parameter")


async def a_nul_is_refused(asked: Asked) -> AsyncIterator[str]:
    for each in asked.operation.parameters:
        if each["in"] == "query":
            answer = await asked.send(asked.good().adding(**{each["name"]: "a\x00"}))
            if _code(answer) != (422, "common.nul"):
                yield _said(answer, f"422 common.nul for {each['name']}")


async def a_write_needs_a_key(asked: Asked) -> AsyncIterator[str]:
    if asked.operation.requires("Idempotency-Key"):
        answer = await asked.send(asked.good().without("Idempotency-Key"))
        if _code(answer) != (400, "idempotency.key_missing"):
            yield _said(answer, "400 idempotency.key_missing")
        answer = await asked.send(asked.good().heading(Idempotency_Key="a b"))
        if _code(answer) != (400, "idempotency.key_malformed"):
            yield _said(answer, "400 idempotency.key_malformed")


async def a_cursor_of_nobody_is_refused(asked: Asked) -> AsyncIterator[str]:
    if asked.operation.takes("cursor", "query"):
        answer = await asked.send(asked.good().adding(cursor="AAAA"))
        if _code(answer) != (422, "paging.cursor_bad"):
            yield _said(answer, "422 paging.cursor_bad")
        answer = await asked.send(asked.good().adding(limit=501))
        if answer.status_code != 422:
            yield _said(answer, "422 for limit=501")


async def fields_of_nobody_are_refused(asked: Asked) -> AsyncIterator[str]:
    if asked.operation.takes("cursor", "query"):
        answer = await asked.send(asked.good().adding(fields="nonsense"))
        if _code(answer) != (400, "paging.unknown_field"):
            yield _said(answer, "400 paging.unknown_field")


async def a_count_is_told_to_who_asks(asked: Asked) -> AsyncIterator[str]:
    if asked.operation.takes("cursor", "query"):
        wrong = await asked.send(asked.good().adding(count="yes"))
        if wrong.status_code != 422:
            yield _said(wrong, "422 for count=yes")
        plain = await asked.send(asked.good())
        if plain.status_code == 200 and {"count", "count_missing"} & plain.json().keys():
            yield _said(plain, "no count that was not asked for")
        counted = await asked.send(asked.good().adding(count="exact"))
        if counted.status_code == 200 and counted.json().get("count", -1) < len(counted.json()["items"]):
            yield _said(counted, "a count of at least the rows of the page")
        if counted.status_code != plain.status_code:
            yield _said(counted, f"{plain.status_code} with a count as without")


async def what_is_known_is_not_told_again(asked: Asked) -> AsyncIterator[str]:
    if asked.operation.takes("If-None-Match"):
        answer = await asked.send(asked.good())
        if answer.status_code == 200:
            again = await asked.send(asked.good().heading(If_None_Match=answer.headers.get("etag", "none")))
            if again.status_code != 304 or again.content:
                yield _said(again, "304 for its own ETag")


async def a_change_names_its_version(asked: Asked) -> AsyncIterator[str]:
    if asked.operation.requires("If-Match"):
        answer = await asked.send(asked.good().without("If-Match"))
        if answer.status_code != 428:
            yield _said(answer, "428")


async def another_method_is_refused(asked: Asked) -> AsyncIterator[str]:
    there = {each.upper() for each in asked.operation.document["paths"][asked.operation.path]}
    other = next((each for each in METHODS if each not in there), None)
    if other is not None:
        answer = await replace(asked.good(), method=other, json=None, content=None).send(asked.client)
        if not answer.headers.get("ratelimit", "").startswith('"address"'):
            yield _said(answer, "counted by address")
        if _code(answer) != (405, "common.method_not_allowed") or not answer.headers.get("allow"):
            yield _said(answer, f"405 with Allow for {other}")


async def a_body_over_the_limit_is_refused(asked: Asked) -> AsyncIterator[str]:
    if asked.operation.body:
        answer = await asked.send(asked.good().heading(Content_Length=TOO_MUCH))
        if _code(answer) != (413, "common.too_large") or answer.headers.get("connection") != "close":
            yield _said(answer, "413 and the connection closed")


async def another_kind_of_body_is_refused(asked: Asked) -> AsyncIterator[str]:
    kind = (asked.operation.body or ("",))[0]
    if kind == "application/json":
        answer = await asked.send(asked.good().heading(Content_Type="text/plain"))
        if _code(answer) != (415, "common.content_type"):
            yield _said(answer, "415 common.content_type")
    if kind:
        answer = await asked.send(asked.good().heading(Content_Encoding="gzip"))
        if _code(answer) != (415, "common.content_encoding"):
            yield _said(answer, "415 common.content_encoding")


async def an_event_of_nobody_is_refused(asked: Asked) -> AsyncIterator[str]:
    if asked.operation.takes("After-Event"):
        answer = await asked.send(asked.good().heading(After_Event="nonsense"))
        if _code(answer) != (422, "consistency.after_event"):
            yield _said(answer, "422 consistency.after_event")
    if asked.operation.takes("Read-Token"):
        answer = await asked.send(asked.good().heading(Read_Token="nonsense"))
        if "runtime" not in asked.operation.document and answer.status_code not in (422, 200, 404):
            yield _said(answer, "422")


async def a_good_request_is_answered_as_the_document_says(asked: Asked) -> AsyncIterator[str]:
    answer = await asked.send(asked.good())
    if answer.status_code >= 500:
        yield _said(answer, "no error of the server")
    policy = '"client"' if asked.operation.scopes else '"address"'
    if not answer.headers.get("ratelimit", "").startswith(policy):
        yield _said(answer, f"RateLimit of {policy}")
    if answer.is_success and asked.operation.takes("After-Event") and "freshness" not in answer.headers:
        yield _said(answer, "Freshness")


async def words_follow_the_language_and_codes_do_not(asked: Asked) -> AsyncIterator[str]:
    answers = [
        await asked.send(asked.good().adding(nonsense="1").heading(Accept_Language=each)) for each in ("zh", "en")
    ]
    zh, en = (answer.json() for answer in answers)
    if zh["title"] == en["title"] or zh["detail"] == en["detail"] or zh["code"] != en["code"]:
        yield f"the same words in both languages: {zh['title']} / {en['title']}"


RULES: tuple[Rule, ...] = (
    who_is_unknown_is_told_to_sign_in,
    an_unknown_parameter_is_refused,
    a_nul_is_refused,
    a_write_needs_a_key,
    a_cursor_of_nobody_is_refused,
    fields_of_nobody_are_refused,
    a_count_is_told_to_who_asks,
    what_is_known_is_not_told_again,
    a_change_names_its_version,
    another_method_is_refused,
    a_body_over_the_limit_is_refused,
    another_kind_of_body_is_refused,
    an_event_of_nobody_is_refused,
    a_good_request_is_answered_as_the_document_says,
    words_follow_the_language_and_codes_do_not,
)


def of_every_answer(asked: Asked) -> list[str]:
    """What holds for all answers, whatever was asked: documented, traced, counted, and a problem when refused."""
    wrong = []
    for answer in asked.seen:
        said = f"{answer.status_code} {answer.text[:120]}"
        if str(answer.status_code) not in asked.operation.said["responses"]:
            wrong.append(f"status is not documented: {said}")
        if (
            answer.headers.get("x-request-id") != REQUEST_ID
            or answer.headers.get("traceparent", "")[3:35] != TRACE[3:35]
        ):
            wrong.append(f"ids are not echoed: {said}")
        if not {"ratelimit", "ratelimit-policy"} <= set(answer.headers):
            wrong.append(f"not counted: {said}")
        own = asked.operation.said["responses"].get(str(answer.status_code), {}).get("content", {})
        if answer.status_code >= 400 and answer.headers.get("content-type") not in own:  # of a standard of its own
            wrong += [f"{each}: {said}" for each in _no_problem(answer)]
    return wrong


def _no_problem(answer: httpx.Response) -> list[str]:
    if answer.headers.get("content-type") != "application/problem+json":
        return ["no problem"]
    problem, wrong = answer.json(), []
    if not {"type", "title", "status", "detail", "code", "instance", "trace_id"} <= problem.keys():
        wrong.append("the problem lacks members")
    if (problem.get("status"), problem.get("trace_id")) != (answer.status_code, TRACE[3:35]):
        wrong.append("the problem is another's")
    if any(not {"pointer", "code", "detail"} <= each.keys() for each in problem.get("errors", ())):
        wrong.append("an item lacks members")
    return wrong


def _code(answer: httpx.Response) -> tuple[int, str]:
    try:
        return answer.status_code, str(answer.json().get("code"))
    except ValueError:
        return answer.status_code, ""


def _said(answer: httpx.Response, expected: str) -> str:
    return f"expected {expected}, got {answer.status_code} {answer.text[:160]}"
