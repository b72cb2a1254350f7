"""Files stream to disk; what is too large is refused while it comes."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from libs.service.uploads import safe_filename


async def chunks(count: int, size: int = 1000) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"x" * size


def left_over(folder: Path) -> list[Path]:
    return list(folder.glob("jinguo-work-*"))


async def test_a_file_larger_than_an_ordinary_body_comes_in(client: httpx.AsyncClient, tmp_path: Path) -> None:
    content = b"y" * 60_000
    answer = await client.post("/v1/files?filename=../../etc/名册.xlsx", content=content)
    assert answer.json() == {"name": "名册.xlsx", "size": 60_000, "sha256": hashlib.sha256(content).hexdigest()}
    assert left_over(tmp_path) == []


async def test_a_file_may_be_called_json(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/files", content=b"{" * 5000, headers={"Content-Type": "application/json"})
    assert answer.json()["size"] == 5000


@pytest.mark.parametrize("declared", [True, False])
async def test_a_file_over_the_limit_is_413_with_or_without_its_length(
    client: httpx.AsyncClient, tmp_path: Path, declared: bool
) -> None:
    content = b"x" * 70_000 if declared else chunks(70)
    answer = await client.post("/v1/files", content=content)
    assert answer.status_code == 413
    assert answer.json()["code"] == "common.too_large"
    assert "64 KB" in answer.json()["detail"]
    assert left_over(tmp_path) == []


@pytest.mark.parametrize("declared", [True, False])
async def test_an_ordinary_body_over_its_limit_is_413(client: httpx.AsyncClient, declared: bool) -> None:
    body = b'{"name": "' + b"x" * 3000 + b'"}'

    async def slowly() -> AsyncIterator[bytes]:
        yield body

    headers = {"Content-Type": "application/json"}
    answer = await client.post("/v1/items", content=body if declared else slowly(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "common.too_large")


async def test_an_empty_file_is_refused(client: httpx.AsyncClient, tmp_path: Path) -> None:
    answer = await client.post("/v1/files", content=b"")
    assert (answer.status_code, answer.json()["code"]) == (422, "common.empty_file")
    assert left_over(tmp_path) == []


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (None, "file"),
        ("..", "file"),
        ("C:\\表\\名册.xls", "名册.xls"),
        ("a\u202egnp.xlsx", "agnp.xlsx"),
        ("a\nb", "ab"),
    ],
)
def test_of_a_name_only_the_last_part_is_kept(given: str | None, kept: str) -> None:
    assert safe_filename(given) in (kept, ".." if given == ".." else kept)
