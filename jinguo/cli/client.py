"""Talks to the REST API: finds the running server and its token, turns every refusal into a `Failure`."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urljoin, urlsplit

import httpx
import typer
import uuid_utils

from jinguo.cli.errors import Failure, from_problem
from jinguo.cli.options import Folder, takes
from jinguo.folder import DataFolder

Url = Annotated[
    str | None,
    typer.Option(
        "--url", envvar="JINGUO_URL", help="Address of the server; default: the one running on the data folder."
    ),
]
TokenFile = Annotated[
    Path | None,
    typer.Option(
        "--token-file", envvar="JINGUO_TOKEN_FILE", help="File with a bearer token; default: the data folder's."
    ),
]

_PAGE = 100
_TIMEOUT = httpx.Timeout(60.0, connect=5.0)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the server is and the token for it."""

    url: str
    token: str
    start_hint: str


def locate(url: str | None, folder: DataFolder, token_file: Path | None) -> Place:
    """The server of `--url`, else the one running on the data folder; the folder's token is sent to no other server."""
    hint = f"jinguo up --data {folder.path}"
    running = folder.running()
    address = (url or (running.url if running else "")).rstrip("/")
    if not address:
        raise Failure("server.not_running", f"No jinguo runs on the folder {folder.path}; start it: {hint}")
    if urlsplit(address).scheme not in {"http", "https"}:
        raise Failure("url.form", f"--url must begin with http:// or https://, and is {address}")
    if token_file is not None:
        return Place(address, _read_token(token_file), hint)
    if token := os.environ.get("JINGUO_TOKEN"):
        return Place(address, token, hint)
    if running is not None and running.url == address:
        return Place(address, _read_token(folder.token_file), hint)
    raise Failure("token.missing", f"No token for {address}: name one with --token-file or in JINGUO_TOKEN.")


def _read_token(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError as error:
        raise Failure("token.unreadable", f"The token file {file} cannot be read: {error.strerror}.") from None


class Api:
    """One server, one token; every method gives the decoded answer or raises `Failure`."""

    def __init__(self, where: Callable[[], Place], transport: httpx.BaseTransport | None = None) -> None:
        """`where` is asked at the first request: a command that was called in a wrong way says so first.

        `transport` only for tests against an application in this process.
        """
        self._where = where
        self._transport = transport

    @cached_property
    def place(self) -> Place:
        """The server and the token; raises `Failure` where there is none."""
        return self._where()

    @cached_property
    def _http(self) -> httpx.Client:
        language = "zh-CN" if os.environ.get("LANG", "").startswith("zh") else "en"
        headers = {"Authorization": f"Bearer {self.place.token}", "Accept-Language": language}
        # No proxy of the environment: the server is this machine's or named by --url, and the token goes nowhere else.
        return httpx.Client(headers=headers, timeout=_TIMEOUT, trust_env=False, transport=self._transport)

    def get(self, path: str, **query: Any) -> Any:
        """GET; query parameters that are None are left out; without any the path's own stay, as in a `next`."""
        return self._send("GET", path, params=_given(query) or None).json()

    def follow(self, path: str, seconds: int) -> Any:
        """GET a job, when it has ended or at the latest after so many seconds."""
        return self._send("GET", path, headers={"Prefer": f"wait={seconds}"}).json()

    def all(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """The items of every page of a list."""
        page = self.get(path, limit=_PAGE, **query)
        items: list[dict[str, Any]] = page["items"]
        while page.get("next"):
            page = self.get(page["next"])
            items += page["items"]
        return items

    def version(self, path: str) -> int:
        """The present version of a resource, to change just that."""
        return int(self.get(path)["version"])

    def post(self, path: str, body: object | None, *, version: int | None = None) -> Any:
        """POST a JSON body, or none, under a fresh idempotency key; with `version` only if it is the present one."""
        content = {} if body is None else {"json": body}
        answer = self._send("POST", path, headers=_key() | _if_match(version), **content)
        return answer.json() if answer.content else None

    def patch(self, path: str, body: object, *, version: int) -> Any:
        """PATCH the version that was read."""
        return self._send("PATCH", path, headers=_key() | _if_match(version), json=body).json()

    def put(self, path: str, body: object, *, version: int | None, **query: Any) -> Any:
        """PUT in place of the version that was read; None: nothing was there."""
        return self._send("PUT", path, headers=_if_match(version), json=body, params=_given(query)).json()

    def delete(self, path: str, *, version: int | None = None, **query: Any) -> None:
        """DELETE; with `version` only if it is the present one."""
        self._send("DELETE", path, headers=_if_match(version), params=_given(query) or None)

    def upload(self, path: str, file: Path, **query: Any) -> httpx.Response:
        """POST a file as it is, read from the disk piece by piece."""
        if not file.is_file():
            raise Failure("file.missing", f"There is no file {file}.")
        params = {"filename": file.name, **_given(query)}
        with file.open("rb") as content:
            headers = {"Content-Type": "application/octet-stream", **_key()}
            return self._send("POST", path, params=params, content=content, headers=headers)

    def download(self, path: str, target: Path, headers: Mapping[str, str], **query: Any) -> None:
        """GET into a file, written whole or not at all."""
        answer = self._send("GET", path, headers=dict(headers), params=_given(query))
        part = target.with_name(target.name + ".part")
        part.write_bytes(answer.content)
        part.replace(target)

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        url = urljoin(self.place.url + "/", path)
        if urlsplit(url).netloc != urlsplit(self.place.url).netloc:
            raise Failure("server.foreign_link", f"The server pointed to another server: {url}")
        try:
            answer = self._http.request(method, url, **options)
        except httpx.TimeoutException:
            raise Failure("server.slow", f"{self.place.url} did not answer in time; see `jinguo doctor`.") from None
        except httpx.HTTPError as error:
            raise self._unreachable(error) from None
        if answer.status_code >= httpx.codes.BAD_REQUEST:
            raise from_problem(_problem(answer), answer.status_code)
        return answer

    def _unreachable(self, error: httpx.HTTPError) -> Failure:
        if isinstance(error, httpx.ConnectError):
            message = f"{self.place.url} cannot be reached; if it is to run on this machine: {self.place.start_hint}"
            return Failure("server.unreachable", message)
        return Failure("server.broke_off", f"{self.place.url} broke off the request: {error}; see `jinguo doctor`.")


def connect(*, url: Url = None, folder: Folder, token_file: TokenFile = None) -> Api:
    """The server a command was told to talk to."""
    return Api(lambda: locate(url, folder, token_file))


with_api = takes(connect)
"""For commands whose first argument is the server: they have `--url`, `--data` and `--token-file`."""


def _given(query: Mapping[str, Any]) -> dict[str, Any]:
    flags = {True: "true", False: "false"}
    return {
        name: flags[value] if isinstance(value, bool) else value for name, value in query.items() if value is not None
    }


def _key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid_utils.uuid7())}


def _if_match(version: int | None) -> dict[str, str]:
    return {} if version is None else {"If-Match": f'"{version}"'}


def _problem(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
