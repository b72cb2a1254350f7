"""The divisions that a register's rows may name, on disk: in memory stand the counties, and of few all that is in them.

A nation has 700,000 divisions. The service writes them beside the import (`Units`), the process that reads the file
looks a county up when a row names it (`CountiesOnDisk`).
"""

import sqlite3
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Final, TypeAlias

from libs.values.texts import folded
from services.registry.domain.register.places import KnownDivisions, Place

Unit: TypeAlias = tuple[str, str, str, str | None]
"""Code, name, level, parent."""

MOST: Final = 50
"""Counties in memory at once; registers are sorted by county, or have one."""
_TABLES: Final = """
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
CREATE TABLE counties (code TEXT, name TEXT, level TEXT, parent TEXT);
CREATE TABLE units (
    county TEXT, later INT, n INT, code TEXT, name TEXT, level TEXT, parent TEXT, PRIMARY KEY (county, later, n)
) WITHOUT ROWID;
"""
_COUNTIES: Final = "SELECT code, name, level, parent FROM counties ORDER BY rowid"
_INSIDE: Final = "SELECT code, name, level, parent FROM units WHERE county = ? ORDER BY later, n"


class Units:
    """Filled once; what comes first counts first (KnownDivisions), and before it the codes of `first`."""

    def __init__(self, path: Path, first: Collection[str] = ()) -> None:
        """`path` must not be there yet."""
        self._first = first
        self._base = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._base.executescript(_TABLES)
        self._count = 0

    def close(self) -> None:
        """The file is the caller's to remove."""
        self._base.close()

    def add_counties(self, units: Iterable[Unit]) -> None:
        """Every county that there is."""
        self._base.execute("BEGIN")
        self._base.executemany("INSERT INTO counties VALUES (?, ?, ?, ?)", units)
        self._base.execute("COMMIT")

    def add(self, units: Iterable[Unit]) -> None:
        """Some of the divisions that rows may name, counties among them."""
        rows = [(unit[0][:6], unit[0] not in self._first, n, *unit) for n, unit in enumerate(units, self._count)]
        self._count += len(rows)
        self._base.execute("BEGIN")
        self._base.executemany("INSERT INTO units VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        self._base.execute("COMMIT")


class CountiesOnDisk:
    """Answers as KnownDivisions of all of them."""

    def __init__(self, path: Path) -> None:
        """`path` is of `Units`."""
        self._base = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
        self._all = KnownDivisions.of(self._base.execute(_COUNTIES))
        self._within: dict[str, KnownDivisions] = {}

    def counties(self, text: str) -> tuple[list[str], bool]:
        """Codes of the counties of that name, and whether it was written short."""
        return self._all.counties(text)

    def place(self, county: str, township: str, village: str, main: str | None) -> Place:
        """The three names of a row, `main` being the county of the file."""
        codes, _short = self.counties(folded(county))
        within = self._all if not codes else self._inside(main if main in codes else codes[0])
        return within.place(county, township, village, main)

    def _inside(self, county: str) -> KnownDivisions:
        found = self._within.pop(county, None)  # used last, it goes last
        if found is None:
            found = self._all.inside(self._base.execute(_INSIDE, (county[:6],)))
        self._within[county] = found
        if len(self._within) > MOST:
            del self._within[next(iter(self._within))]
        return found
