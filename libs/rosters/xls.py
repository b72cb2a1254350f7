"""The old binary .xls (BIFF8), read by calamine in a child process whose memory and time are limited."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

from libs.rosters.cells import EMPTY, Cell, Merge, RawRow, date_cell, number_cell, text_cell
from libs.rosters.limits import Limits, refusal, too_many
from libs.scratch import Scratch
from libs.values.errors import DomainError, TooLarge

_CHILD = Path(__file__).with_name("xls_child.py")


@dataclass(frozen=True, slots=True)
class XlsGrid:
    """One worksheet; an .xls holds at most 65,536 rows, so they are kept."""

    name: str
    hidden: bool
    merges: tuple[Merge, ...] = field(repr=False)
    kept: list[RawRow] = field(repr=False)
    ragged_matters: bool = False

    def rows(self) -> Iterator[RawRow]:
        """All rows, numbered from 1."""
        return iter(self.kept)


def open_xls(source: BinaryIO, size: int, file: str, limits: Limits) -> list[XlsGrid]:
    """Every worksheet. Raises Invalid `roster.damaged` or TooLarge when the child gives up."""
    if size > limits.xls_bytes:
        raise too_many(file, ".xls文件的字节数", limits.xls_bytes)
    with Scratch() as folder:
        copy = folder / "roster.xls"
        with copy.open("wb") as target:
            while chunk := source.read(1_048_576):
                target.write(chunk)
        answer = folder / "rows.jsonl"
        _run_child(copy, answer, file, limits)
        return _grids(answer, file, limits)


def _run_child(copy: Path, answer: Path, file: str, limits: Limits) -> None:
    with answer.open("wb") as out:
        try:
            done = subprocess.run(  # noqa: S603 - our own file, no shell
                [sys.executable, "-I", str(_CHILD), str(copy)],
                stdout=out,
                stderr=subprocess.DEVNULL,
                timeout=limits.seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise _gave_up(file) from None
    if done.returncode != 0:
        raise _gave_up(file)


def _gave_up(file: str) -> DomainError:
    return refusal(
        TooLarge,
        "xls_unreadable",
        file,
        "无法在限定的内存和时间内读出（.xls可能已损坏）",
        "请在Excel中另存为.xlsx后重新导入。",
    )


def _grids(answer: Path, file: str, limits: Limits) -> list[XlsGrid]:
    grids: list[XlsGrid] = []
    first_row = first_column = 0
    with answer.open(encoding="utf-8") as lines:
        for line in lines:
            said = json.loads(line)
            if isinstance(said, dict):
                first_row, first_column = said["start"]
                grids.append(XlsGrid(said["sheet"], said["hidden"], _merges(said["merges"]), []))
                grids[-1].kept.extend(RawRow(number, ()) for number in range(1, first_row + 1))
                continue
            kept = grids[-1].kept
            if len(kept) >= limits.rows:
                raise too_many(file, "行数", limits.rows)
            if len(said) + first_column > limits.columns:
                raise too_many(file, "列数", limits.columns)
            kept.append(RawRow(len(kept) + 1, [*[EMPTY] * first_column, *map(_cell, said)]))
    return grids


def _merges(areas: list[list[list[int]]]) -> tuple[Merge, ...]:
    return tuple(Merge(top + 1, bottom + 1, left, right) for (top, left), (bottom, right) in areas)


def _cell(value: Any) -> Cell:
    if value in ("", None):
        return EMPTY
    if isinstance(value, str):
        return text_cell(value)
    if isinstance(value, dict):
        if "d" in value:
            return date_cell(date.fromisoformat(value["d"]))
        return Cell("bool", "TRUE" if value["b"] else "FALSE", value["b"])
    return number_cell(float(value))
