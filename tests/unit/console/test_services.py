"""What the console makes of a service that says no, or nothing."""

import httpx
import pytest

from services.console.adapters.services import Problem, Services


def answering(answer: httpx.Response | Exception) -> Services:
    def handle(_request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    client = httpx.AsyncClient(transport=httpx.MockTransport(handle), base_url="http://services")
    return Services(client, "token", "en")


async def test_a_service_that_is_away_is_503() -> None:
    with pytest.raises(Problem) as raised:
        await answering(httpx.ConnectError("refused")).get("registry/v1/women")
    assert (raised.value.status, raised.value.code) == (503, "console.service_away")


async def test_a_problem_keeps_its_status_code_and_words() -> None:
    body = {"code": "training.course_full", "detail": "The course is full."}
    with pytest.raises(Problem) as raised:
        await answering(httpx.Response(422, json=body)).post("training/v1/courses", {})
    problem = raised.value
    assert (problem.status, problem.code, problem.detail) == (422, "training.course_full", "The course is full.")


async def test_an_answer_that_is_no_json_says_nothing_of_its_content() -> None:
    with pytest.raises(Problem) as raised:
        await answering(httpx.Response(502, text="<html>gateway at 10.0.0.1</html>")).get("registry/v1/women")
    assert (raised.value.status, raised.value.detail) == (502, "")
