"""A whole register file checked in memory, as the import's own process checks it household by household."""

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from libs.rosters.refused import write_returned
from libs.rosters.sheet import Row
from services.registry.adapters.answered import Answered
from services.registry.adapters.checking import Part, check_rows
from services.registry.domain.register.check import Circumstances
from services.registry.domain.register.values import RegisterHousehold, RowAnswer
from services.registry.handlers import answers as told
from services.registry.rosters import RegisterFile


@dataclass(frozen=True, slots=True)
class CheckedRegister:
    """All rows answered, the good ones as households."""

    as_of: date
    answers: tuple[RowAnswer, ...]
    households: tuple[RegisterHousehold, ...]

    @property
    def refused(self) -> tuple[RowAnswer, ...]:
        """The rows that stay out."""
        return tuple(answer for answer in self.answers if answer.outcome == "refused")


def check_register(rows: Iterable[Row], given: Circumstances) -> CheckedRegister:
    """Answer every row."""
    answers: list[RowAnswer] = []
    households: list[RegisterHousehold] = []
    with tempfile.TemporaryDirectory(prefix="register-") as folder:
        for said in check_rows(iter(rows), given, Path(folder) / "spool.db"):
            for judged in said.judged if isinstance(said, Part) else ():
                answers += judged.answers
                households += [judged.household] if judged.household is not None else []
    answers.sort(key=lambda answer: answer.row)
    return CheckedRegister(given.as_of, tuple(answers), tuple(households))


def refused_workbook(file: RegisterFile, checked: CheckedRegister) -> bytes | None:
    """The file of bad rows of a register of one county; None when there are none."""
    households = {code: number for number, code in enumerate({item.household_code for item in checked.answers} - {""})}
    with tempfile.TemporaryDirectory(prefix="register-") as folder:
        target = Path(folder) / "refused.xlsx"
        answered = Answered.made(Path(folder) / "answered.db")
        answered.add(
            (told.RowAnswer("", item.row, item.outcome, item.findings), households.get(item.household_code), False)
            for item in checked.answers
        )
        if not answered.count_returned():
            return None
        write_returned(file.sheet, answered.returned, target)
        answered.close()
        return target.read_bytes()
