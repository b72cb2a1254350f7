"""A good request for any operation, made from the document alone, and the ways to make it a bad one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import httpx

from libs.service.examples import example_of

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
REQUEST_ID = "the-callers-own"


@dataclass(frozen=True)
class Ask:
    """One request; `without` and `adding` give others like it."""

    method: str
    path: str
    query: Mapping[str, Any]
    headers: Mapping[str, str]
    content: bytes | None
    json: Any

    def without(self, *names: str) -> "Ask":
        """The same without these headers."""
        return replace(self, headers={name: value for name, value in self.headers.items() if name not in names})

    def adding(self, **query: Any) -> "Ask":
        """The same with these query parameters."""
        return replace(self, query={**self.query, **query})

    def without_query(self, *names: str) -> "Ask":
        """The same without these query parameters."""
        return replace(self, query={name: value for name, value in self.query.items() if name not in names})

    def heading(self, **headers: str) -> "Ask":
        """The same with these headers; `_` stands for `-`."""
        added = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **added})

    async def send(self, client: httpx.AsyncClient) -> httpx.Response:
        """The answer."""
        body = {"json": self.json} if self.json is not None else {"content": self.content}
        return await client.request(self.method, self.path, params=self.query, headers=self.headers, **body)


@dataclass(frozen=True)
class Operation:
    """An operation of a document with everything a test asks of it."""

    document: Mapping[str, Any]
    path: str
    method: str
    said: Mapping[str, Any]

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def scopes(self) -> list[str]:
        return list(self.said.get("x-scope", ()))

    @property
    def parameters(self) -> list[Mapping[str, Any]]:
        return [self._resolved(each) for each in self.said.get("parameters", ())]

    def takes(self, name: str, place: str = "header") -> bool:
        return any((each["name"], each["in"]) == (name, place) for each in self.parameters)

    def requires(self, name: str) -> bool:
        return any(each["name"] == name and each.get("required") for each in self.parameters)

    @property
    def body(self) -> tuple[str, Mapping[str, Any]] | None:
        content = self.said.get("requestBody", {}).get("content", {})
        return next(iter(content.items()), None)

    def good(self, bearer: Mapping[str, str]) -> Ask:
        """What the document says a caller may send, under a fresh key."""
        path, query, headers = self.path, {}, {**bearer, "X-Request-Id": REQUEST_ID, "traceparent": TRACE}
        for each in self.parameters:
            if not each.get("required"):
                continue
            value = each.get("example") or example_of(
                each["schema"], self.document["components"]["schemas"], each["name"]
            )
            match each["in"]:
                case "path":
                    path = path.replace("{" + each["name"] + "}", str(value))
                case "query":
                    query[each["name"]] = value
                case _:
                    headers[each["name"]] = str(uuid4()) if each["name"] == "Idempotency-Key" else str(value)
        kind, content = self.body or ("", {})
        json = content.get("example") if kind == "application/json" else None
        if kind and kind != "application/json":
            headers["Content-Type"] = kind
        return Ask(self.method, path, query, headers, b"no such file" if kind and json is None else None, json)

    def _resolved(self, part: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in part:
            found: Any = self.document
            for step in part["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            part = found
        return part


def operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    """All of a document."""
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            yield Operation(document, path, method.upper(), said)
