"""CSV as Excel writes it: GBK or UTF-8, `="…"` around long numbers, told apart by what decodes without a fault."""

import codecs
import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from libs.rosters.cells import EMPTY, Cell, Merge, RawRow, text_cell
from libs.rosters.limits import Limits, refusal, too_many
from libs.values.errors import DomainError, Invalid, Unsupported

_CHUNK = 262_144
_ENCODINGS = ("utf-8-sig", "gb18030")


@dataclass(frozen=True, slots=True)
class CsvGrid:
    """A csv file is one sheet; all its cells are text."""

    open: Callable[[], BinaryIO] = field(repr=False)
    file: str
    name: str
    encoding: str
    delimiter: str
    limits: Limits = field(repr=False)
    hidden: bool = False
    merges: tuple[Merge, ...] = ()
    ragged_matters: bool = True

    def rows(self) -> Iterator[RawRow]:
        """Rows are numbered as Excel shows them; a quote that never closes refuses the file, naming where it opens."""
        with self.open() as source, io.TextIOWrapper(source, self.encoding, newline="") as text:
            reader = csv.reader(text, delimiter=self.delimiter, strict=True)
            number, line = 0, 1
            while True:
                try:
                    fields = next(reader, None)
                except csv.Error as error:
                    raise self._malformed(number + 1, line, str(error)) from None
                if fields is None:
                    return
                number, line = number + 1, reader.line_num + 1
                if number > self.limits.rows + self.limits.header_rows:
                    raise too_many(self.file, "行数", self.limits.rows)
                if len(fields) > self.limits.columns:
                    raise too_many(self.file, f"第{number}行的列数", self.limits.columns)
                yield RawRow(number, [self._cell(value, number) for value in fields])

    def _cell(self, value: str, number: int) -> Cell:
        if not value:
            return EMPTY
        if value[0] == "=" and len(value) >= 3 and value[1] == '"' and value[-1] == '"':
            value = value[2:-1].replace('""', '"')
        if len(value) > self.limits.cell_characters:
            raise too_many(self.file, f"第{number}行一格的字数", self.limits.cell_characters)
        return text_cell(value)

    def _malformed(self, row: int, line: int, why: str) -> DomainError:
        what = "一格过长，引号可能没有闭合" if "field limit" in why else "引号没有成对"
        where = f"第{row}行（文本第{line}行起）"
        return refusal(Invalid, "csv_quote", self.file, f"{where}{what}", "请在Excel中打开核对后另存为CSV。", rule=what)


def open_csv(open_source: Callable[[], BinaryIO], file: str, limits: Limits) -> CsvGrid:
    """Raises Unsupported when it is neither UTF-8 nor GBK/GB18030."""
    encoding = next((name for name in _ENCODINGS if _decodes(open_source, name)), None)
    if encoding is None:
        raise refusal(
            Unsupported,
            "encoding",
            file,
            "既不是UTF-8也不是GBK编码的文本",
            "请在Excel中另存为“CSV UTF-8（逗号分隔）”。",
        )
    with open_source() as source:
        head = codecs.getincrementaldecoder(encoding)(errors="replace").decode(source.read(_CHUNK))
    delimiter = "\t" if head.count("\t") > head.count(",") else ","
    return CsvGrid(open_source, file, "", encoding, delimiter, limits)


def _decodes(open_source: Callable[[], BinaryIO], encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with open_source() as source:
        try:
            while chunk := source.read(_CHUNK):
                if b"\0" in chunk:
                    return False
                decoder.decode(chunk)
            decoder.decode(b"", True)
        except UnicodeDecodeError:
            return False
    return True
