"""A kept file as sealed parts in the database: packed, cut and sealed piece by piece, and back onto disk.

Each part is sealed with its place, so that parts cannot change places; that the last is there the packing itself tells.
"""

import asyncio
import os
import zlib
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import BinaryIO, Final, Literal, TypeAlias
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from libs.events.types import Connection

Part: TypeAlias = Literal["raw", "refused"]

PART: Final = "SELECT body FROM import_file_parts WHERE import_id = $1 AND part = $2 AND n = $3"
ADD: Final = "INSERT INTO import_file_parts (import_id, part, n, body) VALUES ($1, $2, $3, $4)"
DROP: Final = "DELETE FROM import_file_parts WHERE import_id = $1 AND part = $2"

_NONCE: Final = 12
_QUICK: Final = 1
_CHUNK: Final = 1024 * 1024
_GZIP: Final = 31  # window bits of zlib with a gzip header


async def write(connection: Connection, import_id: UUID, key: bytes, part: Part, path: Path | None) -> None:
    """Put a file in the place of the parts that were there; no parts for no file and for an empty one.

    In the caller's transaction.
    """
    await connection.execute(DROP, import_id, part)
    if path is None:
        return
    pieces = _packed(path)
    for n in count():
        piece = await asyncio.to_thread(next, pieces, b"")
        if not piece:
            return
        await connection.execute(ADD, import_id, part, n, _sealed(key, _place(import_id, part, n), piece))


async def read(connection: Connection, import_id: UUID, key: bytes, part: Part, target: Path) -> None:
    """Write the file out of its parts; an empty one when there are none. In a transaction that sees one moment."""
    unpacker = zlib.decompressobj(_GZIP)
    with target.open("wb") as out:
        for n in count():
            body = await connection.fetchval(PART, import_id, part, n)
            if body is None:
                break
            await asyncio.to_thread(_unpack, unpacker, _opened(key, _place(import_id, part, n), body), out)
    if n and not unpacker.eof:
        raise ValueError("parts of a kept file are missing")


def read_whole(key: bytes, import_id: UUID, part: Part, body: bytes, target: Path) -> None:
    """The same of a file that was kept whole: the raw one packed, the other as it is."""
    content = _opened(key, part.encode() + import_id.bytes, body)
    with target.open("wb") as out:
        if part == "raw" and content:
            _unpack(zlib.decompressobj(_GZIP), content, out)
        else:
            out.write(content)


def _packed(path: Path) -> Iterator[bytes]:
    """The packed bytes in pieces of a megabyte; nothing of an empty file."""
    packer = zlib.compressobj(_QUICK, zlib.DEFLATED, _GZIP)
    waiting, any_read = bytearray(), False
    with path.open("rb") as source:
        while chunk := source.read(_CHUNK):
            any_read = True
            waiting += packer.compress(chunk)
            while len(waiting) >= _CHUNK:
                yield bytes(waiting[:_CHUNK])
                del waiting[:_CHUNK]
    if any_read:
        waiting += packer.flush()
        yield from (bytes(waiting[at : at + _CHUNK]) for at in range(0, len(waiting), _CHUNK))


def _unpack(unpacker: "zlib._Decompress", packed: bytes, out: BinaryIO) -> None:
    while packed:
        out.write(unpacker.decompress(packed, _CHUNK))
        packed = unpacker.unconsumed_tail


def _place(import_id: UUID, part: Part, n: int) -> bytes:
    return part.encode() + import_id.bytes + n.to_bytes(4, "big")


def _sealed(key: bytes, place: bytes, content: bytes) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, content, place)


def _opened(key: bytes, place: bytes, sealed: bytes) -> bytes:
    return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], place)
