"""The registry's resolve over HTTP: in one process through the app itself, else by its address."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import httpx
import orjson

from libs.events.meta import Meta
from libs.rosters.findings import Finding
from libs.values.errors import Unavailable
from services.training.handlers.ports import Question, RegistryResolver, Resolved

__all__ = ["HttpRegistry", "RegistryResolver"]

ROUTE = "/registry/v1/resolve"
TIMEOUT = httpx.Timeout(30.0, connect=5.0)


class HttpRegistry:
    """Implements RegistryResolver. The client and the token of this service are handed in."""

    def __init__(self, client: httpx.AsyncClient, token: Callable[[], str], route: str = ROUTE) -> None:
        """`token` gives a fresh bearer token with the scope registry:resolve."""
        self._client = client
        self._token = token
        self._route = route

    async def resolve(self, asked_by: Meta, questions: Sequence[Question]) -> list[Resolved]:
        """See RegistryResolver.resolve."""
        who = {"actor": asked_by.actor, "role": asked_by.role}
        body = {"unit": asked_by.unit, "asked_by": who, "rows": [_question(question) for question in questions]}
        headers = {"Authorization": f"Bearer {self._token()}", "Content-Type": "application/json"}
        try:
            response = await self._client.post(
                self._route, content=orjson.dumps(body), headers=headers, timeout=TIMEOUT
            )
        except httpx.TransportError as error:
            raise _unavailable("没有应答") from error
        if response.status_code != httpx.codes.OK:
            raise _unavailable(f"应答{response.status_code}")
        rows = {row["ref"]: _resolved(row) for row in orjson.loads(response.content)["rows"]}
        missing = [question.ref for question in questions if question.ref not in rows]
        if missing:
            raise _unavailable(f"没有回答{len(missing)}行")
        return [rows[question.ref] for question in questions]


def _question(question: Question) -> dict[str, str | None]:
    return {
        "ref": question.ref,
        "name": question.name,
        "resident_id": question.resident_id,
        "village": question.village,
        "township": question.township,
        "sex": question.sex,
    }


def _resolved(row: dict[str, Any]) -> Resolved:
    return Resolved(
        ref=row["ref"],
        match=row["match"],
        woman_id=_uuid(row["woman_id"]),
        candidate=_uuid(row["candidate"]),
        division=row["division"],
        birth_year=row["birth_year"],
        findings=tuple(Finding(**finding) for finding in row["findings"]),
        outside=row["outside"],
    )


def _uuid(text: str | None) -> UUID | None:
    return UUID(text) if text else None


def _unavailable(what: str) -> Unavailable:
    return Unavailable(
        "training.registry_unavailable",
        f"建档立卡登记服务{what}，导入尚未写入任何内容，请稍后再导入同一文件",
        rule="导入须查询建档立卡登记册",
        right="稍后再导入同一文件",
    )
