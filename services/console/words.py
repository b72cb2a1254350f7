"""The two languages of the pages. Chinese texts stand in the pages themselves; a .po file holds the English ones."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from babel.messages.pofile import read_po

LANGUAGES: Final = {"zh": "zh-CN", "en": "en"}
_ENGLISH: Final = Path(__file__).parent / "locale" / "en" / "console.po"

Translate = Callable[[str], str]


@cache
def english() -> Mapping[str, str]:
    """Chinese text → English text."""
    with _ENGLISH.open("rb") as file:
        catalog = read_po(file, locale="en")
    return {str(message.id): str(message.string) for message in catalog if message.id and message.string}


def translator(language: str) -> Translate:
    """`_` of the templates; a text without a translation stays as it is (a test finds it)."""
    if language == "en":
        return lambda text: english().get(text, text)
    return lambda text: text
