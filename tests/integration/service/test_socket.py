"""Over a real socket: a caller who sends too much still reads why."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi import APIRouter, Request

from libs.access.fastapi import public
from libs.service.app import create_app
from libs.service.settings import MEGABYTE, ServiceSettings
from libs.service.uploads import receive_file


@pytest.fixture
async def address(tmp_path: Path) -> AsyncIterator[str]:
    router = APIRouter(prefix="/v1", tags=["files"])

    @router.post("/files", dependencies=[public()])
    async def files(request: Request) -> int:
        file = await receive_file(request)
        file.remove()
        return file.size

    settings = ServiceSettings(file_limit=2 * MEGABYTE, temp_folder=tmp_path)
    app = create_app("files", title="F", routers=[router], runtime=None, verifier=None, settings=settings)
    listening = socket.create_server(("127.0.0.1", 0))  # connections wait here until the server takes them
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", ws="none"))
    serving = asyncio.create_task(server.serve([listening]))
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    await serving


async def pieces(megabytes: int) -> AsyncIterator[bytes]:
    for _ in range(megabytes):
        yield b"x" * MEGABYTE


@pytest.mark.parametrize("declared", [True, False])
async def test_a_file_over_the_limit_is_answered_and_the_server_stays_up(address: str, declared: bool) -> None:
    async with httpx.AsyncClient(base_url=address) as client:
        content = b"x" * (20 * MEGABYTE) if declared else pieces(20)
        answer = await client.post("/v1/files", content=content)
        assert (answer.status_code, answer.json()["code"]) == (413, "common.too_large")
        assert "2 MB" in answer.json()["detail"]
        assert (await client.post("/v1/files", content=b"x" * MEGABYTE)).json() == MEGABYTE
        assert (await client.get("/health/live")).status_code == 200
