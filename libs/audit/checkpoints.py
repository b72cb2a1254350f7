"""Signed words about a chain: what was true of it once stays known, also outside the database.

A chain alone shows no cut end and no history written anew. A checkpoint does: signed by the installation's Ed25519 key
and appended to a file beside the database. Copies of that file kept elsewhere bind whoever holds the key, too.
"""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from libs.events.types import Connection

Kind = Literal["checkpoint", "anchor"]
SUFFIX: Final = ".checkpoints"

KEEP: Final = """
INSERT INTO audit_checkpoints (kind, number, hash, at, through, key_id, signature) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (kind, number) DO NOTHING
"""
ALL: Final = "SELECT kind, number, hash, at, through, key_id, signature FROM audit_checkpoints ORDER BY number, kind"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """At `number` the chain had `hash`; an anchor says too that all up to there was dropped, made until `through`."""

    kind: Kind
    number: int
    hash: bytes
    at: datetime
    through: datetime | None = None
    key_id: str = ""
    signature: bytes = b""

    def text(self, service: str, chain_id: UUID) -> bytes:
        """What is signed."""
        said = {
            "service": service,
            "chain": str(chain_id),
            "kind": self.kind,
            "number": self.number,
            "hash": self.hash.hex(),
            "at": _moment(self.at),
            "through": _moment(self.through) if self.through else None,
        }
        return orjson.dumps(said, option=orjson.OPT_SORT_KEYS)


class Signer:
    """The installation's audit key; 32 random bytes, of the folder's file or the settings."""

    def __init__(self, seed: bytes) -> None:
        """`seed`: the private key."""
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.reader = Reader(self._key.public_key())

    def sign(self, plain: Checkpoint, service: str, chain_id: UUID) -> Checkpoint:
        """The same with its signature."""
        signature = self._key.sign(plain.text(service, chain_id))
        named = (plain.kind, plain.number, plain.hash, plain.at, plain.through)
        return Checkpoint(*named, self.reader.key_id, signature)


class Reader:
    """Knows a signature of the installation; enough for an auditor who may not sign."""

    def __init__(self, key: Ed25519PublicKey) -> None:
        """`key`: the public one."""
        self._key = key
        self.key_id = hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]

    def knows(self, signed: Checkpoint, service: str, chain_id: UUID) -> bool:
        """Whether the installation said so of this chain."""
        try:
            self._key.verify(signed.signature, signed.text(service, chain_id))
        except InvalidSignature:
            return False
        return True


async def keep(connection: Connection, signed: Checkpoint) -> None:
    """Write it to the database."""
    values = (signed.number, signed.hash, signed.at, signed.through, signed.key_id, signed.signature)
    await connection.execute(KEEP, signed.kind, *values)


async def kept(connection: Connection) -> list[Checkpoint]:
    """Those in the database, by number."""
    return [Checkpoint(**dict(row)) for row in await connection.fetch(ALL)]


def append(file: Path, signed: Checkpoint) -> None:
    """Add it to the file, on the disk when this returns."""
    line = orjson.dumps(_line(signed)) + b"\n"
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, line)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read(file: Path) -> Iterator[Checkpoint]:
    """Those in the file; a last line that a crash cut off is left out. Raises ValueError for any other bad line."""
    if not file.exists():
        return
    lines = file.read_bytes().split(b"\n")
    for line in lines[:-1]:
        yield _from_line(orjson.loads(line))


def _line(signed: Checkpoint) -> dict[str, Any]:
    return {
        "kind": signed.kind,
        "number": signed.number,
        "hash": signed.hash.hex(),
        "at": _moment(signed.at),
        "through": _moment(signed.through) if signed.through else None,
        "key_id": signed.key_id,
        "signature": signed.signature.hex(),
    }


def _from_line(said: dict[str, Any]) -> Checkpoint:
    through = datetime.fromisoformat(said["through"]) if said["through"] else None
    at, signature = datetime.fromisoformat(said["at"]), bytes.fromhex(said["signature"])
    return Checkpoint(said["kind"], said["number"], bytes.fromhex(said["hash"]), at, through, said["key_id"], signature)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
