"""The services as the signed-in user may use them: every call carries a short-lived token of hers."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import httpx
import uuid_utils

from libs.service.context import trace_headers

_PAGE: Final = 500


class Problem(Exception):
    """A service said no: the problem+json it answered with."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        """`body` may be empty when the service could not even say why."""
        super().__init__(f"{status} {body.get('code', '')}")
        self.status = status
        self.code = str(body.get("code", ""))
        self.detail = str(body.get("detail") or body.get("title") or "")


@dataclass(frozen=True)
class Services:
    """One user's access to all services behind one client."""

    client: httpx.AsyncClient
    token: str
    language: str

    async def get(self, path: str, **query: Any) -> Any:
        """JSON of a GET; parameters that are None are left out."""
        params = {name: value for name, value in query.items() if value is not None}
        return (await self._send("GET", path, params=params)).json()

    async def all(self, path: str) -> list[dict[str, Any]]:
        """The items of every page of a list."""
        items: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            found = await self.get(path, limit=_PAGE, cursor=cursor)
            items += found["items"]
            if not found["next"]:
                return items
            cursor = httpx.URL(found["next"]).params["cursor"]

    async def follow(self, path: str, seconds: int) -> Any:
        """JSON of a job, when it has ended or at the latest after so many seconds."""
        return (await self._send("GET", path, {"Prefer": f"wait={seconds}"})).json()

    async def post(self, path: str, body: Any, *, version: int | None = None) -> Any:
        """JSON of a POST; with `version` only if that is still the present one."""
        return (await self._send("POST", path, _if_match(version), json=body)).json()

    async def patch(self, path: str, body: Any, *, version: int) -> Any:
        """JSON of a PATCH to the version that was shown."""
        return (await self._send("PATCH", path, _if_match(version), json=body)).json()

    async def put(self, path: str, body: Any, *, version: int | None, **query: Any) -> Any:
        """JSON of a PUT to the version that was shown; None: nothing was there."""
        return (await self._send("PUT", path, _if_match(version), json=body, params=query)).json()

    async def delete(self, path: str, *, version: int | None = None, **query: Any) -> None:
        """A DELETE; with `version` only of what was shown."""
        await self._send("DELETE", path, _if_match(version), params=query)

    async def upload(self, path: str, content: AsyncIterator[bytes], **query: str) -> Any:
        """The job that a file became."""
        headers = {"Content-Type": "application/octet-stream"}
        return (await self._send("POST", path, params=query, content=content, headers=headers)).json()

    async def file(self, path: str, purpose: str | None = None, **query: Any) -> httpx.Response:
        """A file as the service gives it, for the purpose its policy may demand."""
        params = {name: value for name, value in query.items() if value is not None}
        return await self._send("GET", path, params=params, headers={"Purpose": purpose} if purpose else None)

    async def _send(
        self, method: str, path: str, headers: dict[str, str] | None = None, **options: Any
    ) -> httpx.Response:
        carried = {
            **trace_headers(),
            "Authorization": f"Bearer {self.token}",
            "Accept-Language": self.language,
            **({"Idempotency-Key": str(uuid_utils.uuid7())} if method in {"POST", "PATCH"} else {}),
            **(headers or {}),
        }
        try:
            answer = await self.client.request(method, quote(path, safe="/"), headers=carried, **options)
        except httpx.TransportError as error:
            raise Problem(httpx.codes.SERVICE_UNAVAILABLE, {"code": "console.service_away"}) from error
        if answer.status_code >= httpx.codes.BAD_REQUEST:
            raise Problem(answer.status_code, _body(answer))
        return answer


def _if_match(version: int | None) -> dict[str, str]:
    return {} if version is None else {"If-Match": f'"{version}"'}


def _body(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
