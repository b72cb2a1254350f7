"""Strict request bodies: what a route does not know it refuses, and JSON has one meaning only (ASVS 1.5.3)."""

import json
from collections.abc import Iterable
from typing import Any

import orjson
from fastapi import Request
from pydantic import BaseModel, ConfigDict

from libs.service.traits import Traits
from libs.values.errors import DomainError, Invalid, Unsupported


class Body(BaseModel):
    """Base of every request body: unknown fields are refused, text is stripped of outer spaces."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Malformed(DomainError):
    """The request cannot be read at all."""

    status = 400


async def strict_body(request: Request, traits: Traits) -> None:
    """Before every route: 415 for what is no JSON in UTF-8, 400 for JSON that has more than one meaning.

    Refused are doubled keys, a byte-order mark, lone surrogates, NaN and NUL. A file route streams its body itself,
    whatever it is called.
    """
    if not traits.json_body:
        return
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        if kind or await request.body():
            message = "请求内容应为 JSON。"
            raise Unsupported("common.content_type", message, field="Content-Type", right="application/json")
        return
    if not is_utf8(request):
        raise not_utf8()
    body = await request.body()
    if not body:
        return
    try:
        orjson.loads(body)
        json.loads(body, object_pairs_hook=_no_doubled_keys)
    except (ValueError, RecursionError):
        raise Malformed("common.malformed", "The body is not well-formed JSON.") from None
    if b"\\u0000" in body:
        check_nul([("", _texts(orjson.loads(body)))])


def check_nul(texts: Iterable[tuple[str, str]]) -> None:
    """Raise Invalid `common.nul` when a name or its text holds a NUL: PostgreSQL cannot keep it."""
    for name, text in texts:
        if "\x00" in name or "\x00" in text:
            field = name.replace("\x00", "")[:64] or None
            raise Invalid("common.nul", "文字中不能有 NUL 字符（\\u0000）。", field=field, right="去掉该字符")


def is_utf8(request: Request) -> bool:
    """Whether the content type names no charset, or UTF-8."""
    charset = request.headers.get("content-type", "").lower().partition("charset=")[2].strip(' "')
    return charset in ("", "utf-8", "utf8")


def not_utf8() -> Unsupported:
    """The refusal of another charset."""
    return Unsupported("common.charset", "JSON 必须是 UTF-8 编码。", field="Content-Type", right="application/json")


def _no_doubled_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _texts(value: Any) -> str:
    match value:
        case str():
            return value
        case dict():
            return "".join(map(_texts, (*value.keys(), *value.values())))
        case list():
            return "".join(map(_texts, value))
        case _:
            return ""
