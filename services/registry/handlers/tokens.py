"""Keyed tokens by which a person is found without being read: of her id, her name, its sound, her register code."""

from collections.abc import Mapping
from typing import Any

import orjson

from libs.events.vault import Vault
from libs.values import names, resident_id


def id_token(vault: Vault, value: str) -> bytes:
    """Of the first 18 characters: a disability card and an id card name one person."""
    return vault.token("resident_id", resident_id.key(value))


def name_token(vault: Vault, name: str) -> bytes:
    """Of the name without what typing adds."""
    return vault.token("name", names.normalised(name))


def sound_token(vault: Vault, name: str) -> bytes:
    """Of the name as it is read aloud."""
    return vault.token("name_sound", names.sound(name))


def code_token(vault: Vault, county: str, code: str) -> bytes:
    """Of a 人编号 or 户编号, which counts within its county."""
    return vault.token("register_code", f"{county}:{code}")


def print_token(vault: Vault, content: Mapping[str, Any]) -> bytes:
    """Of everything a register says of one person or household: equal prints, nothing changed."""
    return vault.token("print", orjson.dumps(content, option=orjson.OPT_SORT_KEYS, default=str).decode())
