"""Bad input as people, spreadsheets and attackers send it, and every place of every operation to send it to.

The numbers are those of the list of bad input in the design notes: ids, names, amounts, dates, JSON and HTTP. Which
right answer each of them has is tested beside the rule; here, that no place answers any of them with an error of ours.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote
from uuid import UUID

from tests.contract.conventions.asking import Ask, Operation

TEXTS: dict[str, str] = {
    "1 id": "999999199003070020",
    "2 small x": "99999919900307008x",
    "4 wrong check": "999999199003070021",
    "5 no such day": "999999199002300023",
    "7 born in the future": "999999202901010024",
    "8 too old": "999999189912310029",
    "9 fifteen digits": "999999900307002",
    "10 twenty-two": "9999991990030700204401",
    "11 full width": "９９９９９９１９９００３０７００２０",
    "12 Cyrillic": "99999919900307008Х",
    "13 blanks": "9999 9919\u00a0900307\u200b0020",
    "14 a float": "9.99999E+17",
    "15 apostrophe": "'999999199003070020",
    "18 rare": "𠮷·㐀",
    "19 long": "杨" * 10_000,
    "20 turned": "杨\u202e芳",
    "20 control": "杨\x01芳\x7f",
    "22 account": "6.2E+18",
    "24 no day": "2016-02-30",
    "25 Chinese day": "2016年2月3日",
    "26 ambiguous": "03/04/2016",
    "28 no offset": "2016-02-03T00:00:00",
    "29 infinity": "infinity",
    "29 year 0": "0000-01-01",
    "29 year 9999": "9999-12-31T23:59:59.999999+14:00",
    "29 year 10000": "10000-01-01",
    "30 comma": "10,000",
    "30 words": "壹万",
    "31 too fine": "10000.001",
    "32 minus nothing": "-0",
    "32 not a number": "NaN",
    "33 over bigint": "9223372036854775808",
    "33 over all": "9" * 400,
    "33 under": "-9223372036854775809",
    "34 unknown code": "522699999999",
    "39 surrogate": "\ud800",
    "40 NUL": "a\x00b",
    "40 only NUL": "\x00",
    "52 SQL": "name;drop table women",
    "52 sleep": "pg_sleep(9)",
    "52 quote": "'\"--",
    "53 size": "1e9",
    "53 minus": "-1",
    "54 star": "*",
    "54 braces": "{}",
    "54 list": "[]",
    "69 path": "../../etc/passwd",
    "73 formula": '=HYPERLINK("x")',
    "74 forged line": 'a\n{"event":"x"}',
    "empty": "",
    "blank": " ",
    "percent": "%00%ff%",
    "null": "null",
    "true": "true",
    "uuid": "00000000-0000-0000-0000-000000000000",
    "braced": "{0190c2c0-7f00-7000-8000-000000000001}",
    "week": "2016-W05-3",
    "seconds": "1e308",
    "hex": "0x10",
    "underscore": "1_000",
    "Arabic": "١٢٣",
    "emoji": "👩‍🌾" * 50,
}
"""By what they are."""

VALUES: dict[str, Any] = {
    "33 a number over bigint": 9_223_372_036_854_775_808,
    "33 a huge number": 10**400,
    "32 a fraction": 0.1,
    "32 1e308": 1e308,
    "31 minus": -1,
    "none": None,
    "yes": True,
    "a list": [],
    "a list in lists": [[[]]],
    "an object": {},
    "38 proto": {"__proto__": 1},
    "38 ref": {"$ref": "#/x"},
    "many": ["a"] * 5_000,
    "nested": {"a": {"b": {"c": {}}}},
}
"""Of JSON, besides all texts."""

BODIES: dict[str, tuple[bytes, dict[str, str]]] = {
    "35 twice": (b'{"a": 1, "a": 2}', {}),
    "36 deep": (b"[" * 10_000 + b"]" * 10_000, {}),
    "36 deep objects": (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, {}),
    "39 surrogate": (b'{"a": "\\ud800"}', {}),
    "41 mark": (b"\xef\xbb\xbf{}", {}),
    "41 UTF-16": ('{"a": 1}'.encode("utf-16"), {}),
    "41 GBK": ('{"a": "杨"}'.encode("gbk"), {}),
    "43 gzip": (b"\x1f\x8b\x08\x00", {"Content-Encoding": "gzip"}),
    "44 text": (b"{}", {"Content-Type": "text/plain"}),
    "44 nothing": (b"", {}),
    "44 a word": (b"null", {}),
    "44 half": (b'{"a":', {}),
    "46 multipart": (b"--x\r\n\r\n", {"Content-Type": "multipart/form-data; boundary=x"}),
    "32 NaN": (b'{"a": NaN}', {}),
    "33 long number": (b'{"a": ' + b"9" * 5_000 + b"}", {}),
    "40 NUL": (b"\x00", {}),
}

HEADERS = (
    "Accept-Language",
    "Prefer",
    "Read-Token",
    "After-Event",
    "If-Match",
    "If-None-Match",
    "Idempotency-Key",
    "Purpose",
    "X-Request-Id",
    "traceparent",
    "Accept",
    "Range",
    "X-Forwarded-For",
    "Authorization",
)


@dataclass(frozen=True)
class Spot:
    """A place of an operation and how a text is put there."""

    name: str
    put: Callable[[Ask, Any], Ask]
    values: dict[str, Any]


def spots(operation: Operation, path: str, *, headers: bool) -> Iterator[Spot]:
    """Every parameter, field of a body and, if asked for, header; `path` is the operation's, with names in braces."""
    for each in operation.parameters:
        name = each["name"]
        if each["in"] == "query" and name not in ("wait", "timeout"):
            yield Spot(f"query {name}", lambda ask, value, name=name: ask.adding(**{name: value}), _sendable())
        if each["in"] == "path":
            yield Spot(f"path {name}", _in_path(name, path), {key: text for key, text in _sendable().items() if text})
    for name in HEADERS if headers else ():
        put = name.replace("-", "_")
        yield Spot(f"header {name}", lambda ask, value, put=put: ask.heading(**{put: value}), _headers())
    media, content = operation.body or ("", {})
    if media == "application/json":
        yield from _fields(content.get("example", {}))
        yield Spot("body", _whole, BODIES)


def _fields(example: Any) -> Iterator[Spot]:
    for name in example:
        yield Spot(
            f"body {name}",
            lambda ask, value, name=name: replace(ask, json=None, content=_json({**ask.json, name: value})).heading(
                Content_Type="application/json"
            ),
            TEXTS | VALUES,
        )


def _whole(ask: Ask, value: Any) -> Ask:
    content, headers = value
    return replace(
        ask, json=None, content=content, headers={**ask.headers, "Content-Type": "application/json", **headers}
    )


def _json(value: Any) -> bytes:
    """As Python writes it: a lone surrogate goes out escaped."""
    return json.dumps(value).encode()


def _in_path(name: str, path: str) -> Callable[[Ask, Any], Ask]:
    def put(ask: Ask, value: Any) -> Ask:
        filled = path.replace(f"{{{name}}}", quote(value, safe=""))
        return replace(ask, path=re.sub(r"{\w+}", str(UUID(int=0)), filled))

    return put


def _sendable() -> dict[str, str]:
    return {key: text for key, text in TEXTS.items() if "\ud800" not in text and len(text) < 20_000}


def _headers() -> dict[str, bytes]:
    """Bytes as they may come: no client sends line ends in a header."""
    texts = {key: text.replace("\n", " ").replace("\x00", "") for key, text in _sendable().items()}
    return {key: text.encode()[:4_000] for key, text in texts.items()}
