"""A csv of divisions as a stream of rows: our own form, and those of the national lists a level a file.

Our own has code, name, level, parent_code and urban_rural. The others have code and name, codes of 2, 4, 6, 9 or 12
digits, and the code of a parent under its level's name (provinceCode, cityCode, areaCode, streetCode), or none.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from libs.values.division import LEVELS, Division
from libs.values.errors import Invalid
from services.registry.handlers.texts import not_text

HEADER: Final = ("code", "name", "level", "parent_code", "urban_rural")
_PARENTS: Final = ("streetCode", "areaCode", "cityCode", "provinceCode")
_URBAN: Final = ("urban_rural", "urban_rural_code", "cls")


@dataclass(frozen=True, slots=True)
class Row:
    """A row as written; `level` and `parent` are None where the file has no such column."""

    number: int
    code: str
    name: str
    level: str | None
    parent: str | None
    urban_rural: str


@dataclass(frozen=True, slots=True)
class _Form:
    code: int
    name: int
    level: int | None
    parent: int | None
    urban_rural: int | None


def encoding_of(path: Path) -> str:
    """UTF-8, else GBK; read to the end once, in pieces. Raises Invalid `registry.not_text`."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            with path.open(encoding=encoding, newline="") as file:
                while file.read(1 << 20):
                    pass
        except UnicodeDecodeError:
            continue
        return encoding
    raise not_text()


def rows_of(path: Path, encoding: str) -> Iterator[Row]:
    """Every row, one at a time. Raises Invalid `registry.not_a_division_list`."""
    try:
        with path.open(encoding=encoding, newline="") as file:
            reader = csv.reader(file, strict=True)
            form = _form(next(reader, []))
            for cells in reader:
                if cells:
                    yield _row(reader.line_num, cells, form)
    except csv.Error:
        raise not_a_list("不是csv") from None


def _form(header: Sequence[str]) -> _Form:
    at: Mapping[str, int] = {name.strip(): place for place, name in enumerate(header)}
    if "code" not in at or "name" not in at:
        raise not_a_list(f"表头是{'、'.join(header)[:80]}")
    parent = next((at[name] for name in ("parent_code", *_PARENTS) if name in at), None)
    urban = next((at[name] for name in _URBAN if name in at), None)
    return _Form(at["code"], at["name"], at.get("level"), parent, urban)


def _row(number: int, cells: Sequence[str], form: _Form) -> Row:
    def cell(place: int | None) -> str | None:
        return None if place is None else cells[place].strip() if place < len(cells) else ""

    return Row(
        number,
        cell(form.code) or "",
        cell(form.name) or "",
        cell(form.level),
        cell(form.parent),
        cell(form.urban_rural) or "",
    )


def full(code: str) -> str:
    """The 12 digits of a code written short; whatever else it is, as it is."""
    return code.ljust(12, "0") if len(code) in (2, 4, 6, 9) else code


def parent_of(division: Division) -> str:
    """The code of the unit above, empty for the nation."""
    if not division.code.endswith("000"):
        return f"{division.code[:9]}000"  # of a village, of which there are most
    return division.parent.code if division.parent else ""


def known_level(text: str) -> bool:
    """Whether it is one of the six."""
    return text in LEVELS


def not_a_list(why: str) -> Invalid:
    """The refusal of a file that is no list of divisions."""
    return Invalid(
        "registry.not_a_division_list",
        f"这不是区划表：{why}。",
        field="file",
        rule="csv，首行为 code,name,level,parent_code,urban_rural，或 code,name 加上级代码列",
        right="code,name,level,parent_code,urban_rural",
    )
