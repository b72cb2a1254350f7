"""Writes that are no single command (files, merges, accounts), done once a key: the second answer is the first.

    return await once(request, principal, work)      # work: () -> Response

    return await once_in_transaction(request, principal, work)      # work: (connection) -> Response

A command keeps its answer in the transaction of its events (`libs.events.commands`). Work that is one transaction of
the service's own database does the same by the second form: done and answered, or neither. What writes in several
transactions (a file, an erasure) claims a key first, and whoever uses `once` hands in work that may be done again:

* The work fails, before or after it wrote something: the caller gets its error, the key is free, and the same request
  does the work again.
* Keeping the answer fails: the caller gets the answer all the same, and the log says that it is not kept.
* The process dies, anywhere: the caller gets nothing. As after the case before, the same request is 409 for ten minutes
  and then does the work again.

Work done again may answer otherwise than it would have the first time: what is so already changes nothing, and a change
that names the version before it is 412. What was answered is kept sealed under the caller's own key, which we do not
have: it may hold a one-time password.
"""

import base64
import hashlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg
import orjson
import structlog
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from fastapi import Request
from starlette.responses import Response

from libs.access.principal import Principal
from libs.events.commands import Idempotency, InProgress
from libs.events.pool import database
from libs.events.types import Clock, Connection, Pool
from libs.service.writes import Passing, idempotency, key_of
from libs.values.errors import Invalid, Unavailable

KEEP: Final = timedelta(days=7)
ABANDONED: Final = timedelta(minutes=10)  # longer than any answer may take
_NONCE: Final = 12  # bytes
_PRUNE: Final = "DELETE FROM answers WHERE key IN (SELECT key FROM answers WHERE claimed_at < $1 LIMIT 10)"
_CLAIM: Final = """
INSERT INTO answers AS a (key, fingerprint, claimed_at) VALUES ($1, $2, $3)
ON CONFLICT (key) DO UPDATE SET claimed_at = $3
WHERE a.sealed IS NULL AND a.claimed_at < $4 AND a.fingerprint = $2 RETURNING key
"""
_FIND: Final = "SELECT fingerprint, sealed FROM answers WHERE key = $1"
_KEEP: Final = "UPDATE answers SET sealed = $2 WHERE key = $1"
_RELEASE: Final = "DELETE FROM answers WHERE key = $1 AND sealed IS NULL"

Work = Callable[[], Awaitable[Response]]
TransactionWork = Callable[[Connection], Awaitable[Response]]
_log = structlog.get_logger("jinguo.once")


class Answers:
    """The table of one service."""

    def __init__(self, pool: Pool, clock: Clock) -> None:
        """`pool` of the service's own database."""
        self._pool = pool
        self._clock = clock

    async def claim(self, asked: Idempotency) -> bytes | None:
        """None when the key is ours now, else the sealed answer. Raises InProgress, Invalid for another body."""
        now = self._clock()
        with database():
            await self._pool.execute(_PRUNE, now - KEEP)
            key, fingerprint = asked.command_id, asked.fingerprint
            if await self._pool.fetchval(_CLAIM, key, fingerprint, now, now - ABANDONED):
                return None
            found = await self._pool.fetchrow(_FIND, key)
        if found is None:
            raise InProgress  # it has just been given up: to be asked again
        if found["fingerprint"] != fingerprint:
            raise Invalid("idempotency.key_reused", "The key was used for another request.", field="Idempotency-Key")
        if found["sealed"] is None:
            raise InProgress
        sealed: bytes = found["sealed"]
        return sealed

    async def keep(self, key: UUID, sealed: bytes, tx: Connection | None = None) -> None:
        """What was answered; in the transaction of what was done, if handed in."""
        with database():
            await (tx or self._pool).execute(_KEEP, key, sealed)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Of the database that the answers lie in."""
        with database():
            async with self._pool.acquire() as connection, connection.transaction():
                yield connection

    async def release(self, key: UUID) -> None:
        """Nothing was done: the key may be used again."""
        with database():
            await self._pool.execute(_RELEASE, key)


async def once(
    request: Request,
    principal: Principal,
    work: Work,
    *,
    fingerprint: str | None = None,
    unused: Callable[[], None] | None = None,
) -> Response:
    """The answer of `work`, or the one it gave before under this key, with `Idempotency-Replayed: true`.

    Only what succeeded is kept. `fingerprint` stands for a body that was streamed; `unused` lets go of what was
    received when it is not worked on.
    """
    answers: Answers = request.app.state.answers
    asked = await idempotency(request, principal, fingerprint=fingerprint)
    cipher, about = _cipher(request, principal), asked.command_id.bytes
    try:
        kept = await answers.claim(asked)
        if kept is None:
            response = await _worked(answers, asked.command_id, work)
    except BaseException:
        if unused is not None:
            unused()
        raise
    if kept is not None:
        if unused is not None:
            unused()
        return _opened(orjson.loads(cipher.decrypt(kept[:_NONCE], kept[_NONCE:], about)))
    if response.status_code < 300 and not isinstance(response, Passing):
        nonce = os.urandom(_NONCE)
        sealed = nonce + cipher.encrypt(nonce, orjson.dumps(_closed(response)), about)
        try:
            await answers.keep(asked.command_id, sealed)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, Unavailable) as error:
            _log.error("once.answer_not_kept", kind=type(error).__name__)
    else:
        await answers.release(asked.command_id)
    return response


async def once_in_transaction(request: Request, principal: Principal, work: TransactionWork) -> Response:
    """The same for work that is one transaction: what it did and its answer are kept together, or neither is.

    `work` does everything by the connection it is handed, and raises what it refuses.
    """
    answers: Answers = request.app.state.answers
    asked = await idempotency(request, principal)
    cipher, about = _cipher(request, principal), asked.command_id.bytes
    kept = await answers.claim(asked)
    if kept is not None:
        return _opened(orjson.loads(cipher.decrypt(kept[:_NONCE], kept[_NONCE:], about)))

    async def together() -> Response:
        async with answers.transaction() as tx:
            response = await work(tx)
            nonce = os.urandom(_NONCE)
            sealed = nonce + cipher.encrypt(nonce, orjson.dumps(_closed(response)), about)
            await answers.keep(asked.command_id, sealed, tx)
            return response

    return await _worked(answers, asked.command_id, together)


async def _worked(answers: Answers, key: UUID, work: Work) -> Response:
    try:
        return await work()
    except BaseException:
        await answers.release(key)
        raise


def _cipher(request: Request, principal: Principal) -> AESGCM:
    parts = ("answer", principal.sub, request.method, request.scope["path"], key_of(request))
    return AESGCM(hashlib.sha256("\n".join(parts).encode()).digest())


def _closed(response: Response) -> dict[str, Any]:
    body = base64.b64encode(response.body).decode()
    return {"status": response.status_code, "headers": dict(response.headers), "body": body}


def _opened(kept: Mapping[str, Any]) -> Response:
    headers = {**kept["headers"], "Idempotency-Replayed": "true"}
    return Response(base64.b64decode(kept["body"]), kept["status"], headers)
