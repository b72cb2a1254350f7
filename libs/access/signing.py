"""The issuer's signing keys in one private file: the newest signs, the ones before stay public until their tokens end.

Several processes may use one file; each looks whether it was replaced before it signs or publishes.
"""

import contextlib
import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol

from joserfc.jwk import OKPKey

from libs.events.types import Clock
from libs.values.errors import Refused

LONGEST_LIFE: Final = timedelta(days=7)
"""No token of ours lives longer (the command line's own)."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One key; `until` is when its last token has ended, None while it signs."""

    key: OKPKey
    until: datetime | None = None


class Signers(Protocol):
    """Where an issuer finds its keys."""

    def good(self) -> list[SigningKey]:
        """The key that signs first, then the ones whose tokens may still live."""

    def rotate(self, keep: timedelta) -> None:
        """A new key signs; those before stay good for `keep` at most, with 0 none of them."""


class OneKey:
    """A key that is given and never changes, for tests and tools."""

    def __init__(self, key: OKPKey) -> None:
        self._key = key

    def good(self) -> list[SigningKey]:
        """See `Signers.good`."""
        return [SigningKey(self._key)]

    def rotate(self, keep: timedelta) -> None:  # noqa: ARG002 - the port's form
        """There is no file to write to."""
        raise _read_only()


class KeyFile:
    """The keys of `path`, made there when it does not exist; only its owner may read it (0600)."""

    def __init__(self, path: Path, *, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._seen: tuple[int, int] | None = None
        self._keys: list[SigningKey] = []
        if not path.exists():
            self._create()
        self._read_if_new()

    def good(self) -> list[SigningKey]:
        """See `Signers.good`."""
        self._read_if_new()
        now = self._clock()
        return [each for each in self._keys if each.until is None or each.until > now]

    def rotate(self, keep: timedelta) -> None:
        """See `Signers.rotate`; Refused where the file may not be written."""
        try:
            with self._locked():
                now = self._clock()
                end = now + keep
                older = [replace(each, until=min(each.until or end, end)) for each in self.good()] if keep else []
                self._write([SigningKey(_new_key()), *older])
        except PermissionError:
            raise _read_only() from None
        except OSError as error:
            raise _read_only() from error
        self._read_if_new()

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Of two rotations at once the second waits, and rotates the first one's key."""
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    def _read_if_new(self) -> None:
        found = self._path.stat()
        if found.st_mode & 0o077:
            raise PermissionError(
                f"{self._path} holds the signing key and can be read by others: chmod 600 {self._path}"
            )
        if (found.st_ino, found.st_mtime_ns) != self._seen:
            self._keys = _parsed(json.loads(self._path.read_text(encoding="utf-8")))
            self._seen = (found.st_ino, found.st_mtime_ns)

    def _create(self) -> None:
        """Written aside, then linked into place: a start cut off leaves no half key, and of two starts one wins."""
        aside = self._aside([SigningKey(_new_key())])
        try:
            with contextlib.suppress(FileExistsError):
                os.link(aside, self._path)
        finally:
            aside.unlink()

    def _write(self, keys: list[SigningKey]) -> None:
        self._aside(keys).replace(self._path)

    def _aside(self, keys: list[SigningKey]) -> Path:
        aside = self._path.with_name(f"{self._path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({"keys": [_written(each) for each in keys]}, file)
            file.flush()
            os.fsync(file.fileno())
        return aside


def _new_key() -> OKPKey:
    return OKPKey.generate_key("Ed25519", private=True)


def _written(each: SigningKey) -> dict[str, Any]:
    return {"jwk": each.key.as_dict(private=True), "until": each.until.isoformat() if each.until else None}


def _parsed(document: dict[str, Any]) -> list[SigningKey]:
    """Also the older form of the file: one bare key."""
    if "keys" not in document:
        return [SigningKey(OKPKey.import_key(document))]
    return [
        SigningKey(OKPKey.import_key(each["jwk"]), datetime.fromisoformat(each["until"]) if each["until"] else None)
        for each in document["keys"]
    ]


def _read_only() -> Refused:
    return Refused("access.keys_read_only", "签名密钥文件不能写入，请在保存它的地方换密钥。", rule="密钥文件可写")
