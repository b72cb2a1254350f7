"""Keeps the embedded PostgreSQL running: when it dies it is started again; requests meanwhile are told to come back."""

import asyncio
import contextlib
import os

import structlog

from jinguo.postgres import EmbeddedPostgres
from libs.values.errors import DomainError

_LONGEST_PAUSE = 30.0
_LOOK_EVERY = 1.0  # only where the system cannot say that a process has ended

_log = structlog.get_logger("jinguo.postgres")


async def keep_running(server: EmbeddedPostgres) -> None:
    """Until cancelled: wait for the server's end, start it again, slower each time that it does not last."""
    pause = 0.1
    while True:
        began = asyncio.get_running_loop().time()
        await _ended(server)
        lasted = asyncio.get_running_loop().time() - began
        pause = 0.1 if lasted > _LONGEST_PAUSE else min(pause * 2, _LONGEST_PAUSE)
        _log.error("postgres.died", seconds=round(lasted, 1))
        await asyncio.sleep(pause)
        try:
            await asyncio.to_thread(server.start)
        except (DomainError, OSError) as error:
            _log.error("postgres.not_started", kind=type(error).__name__, log=server.log_file.name)
        else:
            _log.info("postgres.started_again")


async def _ended(server: EmbeddedPostgres) -> None:
    """Return when the server process has ended; costs nothing meanwhile."""
    pid = server.pid()
    if pid is None:
        return
    try:
        descriptor = os.pidfd_open(pid)
    except (AttributeError, OSError):
        while server.pid() == pid:  # noqa: ASYNC110 - there is nothing else to wait for
            await asyncio.sleep(_LOOK_EVERY)
        return
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(descriptor, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(descriptor)
        with contextlib.suppress(OSError):
            os.close(descriptor)
