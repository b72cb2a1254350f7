"""A raw file body streamed to disk: never in memory, never more than the limit, gone when the request or job ends.

It lies in a folder of its own, held while it is needed: what a killed process leaves goes at the next start.
"""

import asyncio
import errno
import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from fastapi import Request

from libs.scratch import Scratch
from libs.service.context import context_of
from libs.values.errors import Invalid, Unavailable

_CHUNK: Final = 1024 * 1024
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_MAX_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file on our disk; whoever received it calls `remove()` when it is read (a job: when it ends)."""

    path: Path
    filename: str
    size: int
    sha256: str
    _scratch: Scratch = field(repr=False)

    def remove(self) -> None:
        """Delete it; again changes nothing."""
        self._scratch.close()


async def receive_file(request: Request, limit: int | None = None, *, filename: str | None = None) -> UploadedFile:
    """Stream the body to a temporary file; 413 over `limit` (default: the settings' 500 MB), 422 when it is empty.

    `filename` is what the caller names it (`?filename=`); only its last part is kept, for messages, never as a path.
    """
    settings = request.app.state.settings
    context_of(request.scope).body_limit = limit or settings.file_limit
    scratch = Scratch(settings.temp_folder)
    path = scratch.folder / "upload"
    try:
        with path.open("wb") as file:
            size, digest = await _copy(request, file)
        if size == 0:
            raise Invalid("common.empty_file", "文件是空的。", field="file", right="选择有内容的文件")
        return UploadedFile(path, safe_filename(filename), size, digest, scratch)
    except BaseException as error:
        scratch.close()
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise Unavailable("common.disk_full", "服务器磁盘已满，文件没有收下，请告诉管理员。") from error
        raise


def safe_filename(name: str | None) -> str:
    """The last part of a name, without control and direction characters, at most 200 characters."""
    last = PurePosixPath(_CONTROL.sub("", name or "").replace("\\", "/")).name
    return last[-_MAX_NAME:] or "file"


async def _copy(request: Request, file: BinaryIO) -> tuple[int, str]:
    digest, size, waiting = hashlib.sha256(), 0, bytearray()
    async for chunk in request.stream():
        digest.update(chunk)
        size += len(chunk)
        waiting += chunk
        if len(waiting) >= _CHUNK:
            await asyncio.to_thread(file.write, bytes(waiting))
            waiting.clear()
    file.write(waiting)
    return size, digest.hexdigest()
