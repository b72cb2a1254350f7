"""Keyed tokens by which a person is found without being read: of her id, her name, its sound, her register code."""

from collections.abc import Mapping
from typing import Any, Protocol

import orjson

from libs.values import names, resident_id


class Tokens(Protocol):
    """The part of the vault that makes keyed tokens."""

    def token(self, kind: str, value: str) -> bytes:
        """Blind index of a value: 32 bytes, equal for equal values of one kind."""


class Remembered:
    """The same tokens, each worked out once; lives no longer than a batch, for it holds what it was asked."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._known: dict[tuple[str, str], bytes] = {}

    def token(self, kind: str, value: str) -> bytes:
        """See `Tokens.token`."""
        found = self._known.get((kind, value))
        if found is None:
            found = self._known[kind, value] = self._tokens.token(kind, value)
        return found


def id_token(tokens: Tokens, value: str) -> bytes:
    """Of the first 18 characters: a disability card and an id card name one person."""
    return tokens.token("resident_id", resident_id.key(value))


def name_token(tokens: Tokens, name: str) -> bytes:
    """Of the name without what typing adds."""
    return tokens.token("name", names.normalised(name))


def sound_token(tokens: Tokens, name: str) -> bytes:
    """Of the name as it is read aloud."""
    return heard_token(tokens, names.sound(name))


def heard_token(tokens: Tokens, sound: str) -> bytes:
    """The same of a sound that is known already."""
    return tokens.token("name_sound", sound)


def code_token(tokens: Tokens, county: str, code: str) -> bytes:
    """Of a 人编号 or 户编号, which counts within its county."""
    return tokens.token("register_code", f"{county}:{code}")


def print_token(tokens: Tokens, content: Mapping[str, Any]) -> bytes:
    """Of everything a register says of one person or household: equal prints, nothing changed."""
    return tokens.token("print", orjson.dumps(content, option=orjson.OPT_SORT_KEYS, default=str).decode())


def birth_token(tokens: Tokens, sound: bytes, resident_id_: str) -> bytes:
    """Of the sound of a name (its token) and the birth date in the id: whoever mistyped the rest shares it."""
    return tokens.token("sound_birth", f"{sound.hex()}:{resident_id_[6:14]}")


def rest_token(tokens: Tokens, sound: bytes, resident_id_: str) -> bytes:
    """Of the sound and of area and serial number: whoever mistyped the birth date shares it."""
    return tokens.token("sound_rest", f"{sound.hex()}:{resident_id_[:6]}{resident_id_[14:17]}")
