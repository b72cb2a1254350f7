"""The texts that the cells of a workbook share, as bytes in one row: a million rows have three million texts."""

import re
from array import array
from xml.parsers import expat

from libs.rosters.limits import Limits, too_many

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_MOST_PIECES = 1_000  # expat hands text over in pieces of up to 8 KiB


class Texts:
    """A list of texts in a fifth of the memory of one."""

    def __init__(self) -> None:
        """None yet."""
        self.size = 0
        self._bytes = bytearray()
        self._ends = array("Q", [0])

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, place: int) -> str:
        """Raises IndexError, also below 0."""
        if place < 0:
            raise IndexError(place)
        return self._bytes[self._ends[place] : self._ends[place + 1]].decode("utf-8", "surrogatepass")

    def append(self, text: str) -> None:
        """One more."""
        self._bytes += text.encode("utf-8", "surrogatepass")
        self.size = len(self._bytes)
        self._ends.append(self.size)


class SharedStrings:
    """Handlers for xl/sharedStrings.xml; phonetic hints (rPh) are not part of a text."""

    def __init__(self, file: str, limits: Limits) -> None:
        self.texts = Texts()
        self._file, self._limits = file, limits
        self._pieces: list[str] = []
        self._in_text = self._in_hint = False

    def attach(self, parser: expat.XMLParserType) -> None:
        """Become the parser's handlers."""
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text

    def _start(self, name: str, _: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        if tag == "t":
            self._in_text = not self._in_hint
        elif tag == "rPh":
            self._in_hint = True
        elif tag == "si":
            self._pieces.clear()

    def _end(self, name: str) -> None:
        tag = name.rpartition(":")[2]
        if tag == "t":
            self._in_text = False
        elif tag == "rPh":
            self._in_hint = False
        elif tag == "si":
            if len(self.texts) >= self._limits.shared_strings:
                raise too_many(self._file, "共享文本数", self._limits.shared_strings)
            self.texts.append(unescaped("".join(self._pieces))[: self._limits.cell_characters + 1])
            if self.texts.size > self._limits.shared_bytes:
                raise too_many(self._file, "共享文本的字节数", self._limits.shared_bytes)

    def _text(self, data: str) -> None:
        if self._in_text:
            self._pieces.append(data)
            if len(self._pieces) > _MOST_PIECES:
                raise too_many(self._file, "一格的字数", self._limits.cell_characters)


def unescaped(text: str) -> str:
    """`_x000D_` as Excel writes characters that XML cannot hold."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text
