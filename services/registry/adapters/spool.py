"""The rows of one file on disk while it is checked: who stands twice, who belongs together, is asked of all of them.

SQLite in a folder of the import's own: sorting and joining a million rows is its trade, and its memory is bounded.
"""

import pickle
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import fields
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Final

from libs.rosters.findings import Finding
from libs.values.records import values_of
from services.registry.domain.register.check import Names
from services.registry.domain.register.household import MOST, repeated_code, repeated_id
from services.registry.domain.register.likely import Bearer, likely, likely_same, marks
from services.registry.domain.register.values import Draft

SAID: Final[tuple[Callable[[Draft, int], Finding], ...]] = (repeated_id, repeated_code, likely_same)
"""What is said of a row and of an earlier one of the same file, in this order."""

_AT_ONCE: Final = 1_000
_PRAGMAS: Final = """
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;
PRAGMA cache_size = -32000; PRAGMA temp_store = FILE;
"""
_TABLES: Final = """
CREATE TABLE keys (ord INTEGER PRIMARY KEY, row INT, place INT, house TEXT, person TEXT, id TEXT);
CREATE TABLE drafts (ord INTEGER PRIMARY KEY, draft BLOB);
CREATE TABLE marks (name TEXT, mark TEXT, ord INT);
CREATE TABLE places (place INTEGER PRIMARY KEY, county TEXT, village TEXT);
CREATE TABLE houses (county TEXT, house TEXT, first INT, size INT, PRIMARY KEY (county, house)) WITHOUT ROWID;
CREATE TABLE members (first INT, size INT, ord INT);
CREATE TABLE said (ord INT, rule INT, earlier INT, PRIMARY KEY (ord, rule)) WITHOUT ROWID;
"""
_GATHER: Final = """
INSERT INTO houses SELECT p.county, k.house, min(k.ord), count(*) FROM keys k JOIN places p USING (place)
WHERE k.house <> '' GROUP BY 1, 2;
INSERT INTO members SELECT h.first, h.size, k.ord FROM keys k JOIN places p USING (place)
JOIN houses h ON h.county = p.county AND h.house = k.house ORDER BY 1, 3;
CREATE INDEX keys_id ON keys (id, ord, row);
CREATE INDEX keys_person ON keys (person, place, ord, row);
CREATE INDEX marks_all ON marks (name, mark, ord);
INSERT INTO said SELECT k.ord, 0, f.row
FROM (SELECT id, min(ord) AS first FROM keys WHERE id <> '' GROUP BY id HAVING count(*) > 1) d
JOIN keys k ON k.id = d.id AND k.ord > d.first JOIN keys f ON f.ord = d.first;
INSERT INTO said SELECT k.ord, 1, f.row
FROM (SELECT p.county, k.person, min(k.ord) AS first FROM keys k JOIN places p USING (place)
      WHERE k.person <> '' GROUP BY 1, 2 HAVING count(*) > 1) d
JOIN keys k ON k.person = d.person AND k.ord > d.first JOIN places p ON p.place = k.place AND p.county = d.county
JOIN keys f ON f.ord = d.first;
"""
_SHARED: Final = """
SELECT m.name, m.mark, m.ord, k.row, k.id, p.village
FROM (SELECT name, mark FROM marks GROUP BY name, mark HAVING count(*) > 1) s
JOIN marks m ON m.name = s.name AND m.mark = s.mark JOIN keys k ON k.ord = m.ord JOIN places p ON p.place = k.place
ORDER BY m.name, m.mark, m.ord
"""
_MEMBERS: Final = "SELECT m.first, m.size, d.draft FROM members m JOIN drafts d ON d.ord = m.ord ORDER BY m.rowid"
_LONERS: Final = "SELECT d.draft FROM keys k JOIN drafts d ON d.ord = k.ord WHERE k.house = '' ORDER BY k.ord"
_OF: Final = "SELECT rule, earlier FROM said WHERE ord = ? ORDER BY rule"

_FIELDS: Final = tuple(item.name for item in fields(Draft))
_VALUES: Final = values_of(Draft)


class Spool:
    """Filled row by row, then `gather`ed once, then read household by household."""

    def __init__(self, path: Path) -> None:
        """`path` must not be there yet."""
        self._base = sqlite3.connect(path, isolation_level=None)
        self._base.executescript(_PRAGMAS + _TABLES)
        self._waiting: list[Draft] = []
        self._places: dict[Names, int] = {}
        self._says = False
        self.count = 0
        self.named: Counter[str] = Counter()
        """Rows by the county that they name, in the order of the file."""

    def close(self) -> None:
        """The file is the caller's to remove."""
        self._base.close()

    def add(self, draft: Draft) -> None:
        """Keep a person's row."""
        draft.order = self.count
        self.count += 1
        self.named[draft.names[0]] += 1
        self._waiting.append(draft)
        if len(self._waiting) >= _AT_ONCE:
            self._write()

    def gather(self, place_of: Callable[[Names], tuple[str, str | None]]) -> None:
        """Find households and rows that stand twice; `place_of` tells county and village of a row's names."""
        self._write()
        places = [(number, *place_of(names)) for names, number in self._places.items()]
        self._base.executemany("INSERT INTO places VALUES (?, ?, ?)", places)
        self._base.executescript(f"BEGIN; {_GATHER} COMMIT;")
        self._base.execute("BEGIN")
        found = ((place, SAID.index(likely_same), row) for place, row in self._likely())
        self._base.executemany("INSERT OR IGNORE INTO said VALUES (?, ?, ?)", list(found))
        self._base.execute("COMMIT")
        self._says = self._base.execute("SELECT 1 FROM said LIMIT 1").fetchone() is not None

    def households(self) -> Iterator[tuple[int, int, list[Draft]]]:
        """The rows of each household with its number and how many they are, in the order of the file.

        A household of more than MOST rows comes in pieces: a whole file may bear one number.
        """
        for (number, size), rows in groupby(self._base.execute(_MEMBERS), key=itemgetter(0, 1)):
            while members := [self._draft(text) for _, _, text in islice(rows, MOST)]:
                yield number, size, members

    def loners(self) -> Iterator[Draft]:
        """Rows that name no household."""
        for (text,) in self._base.execute(_LONERS):
            yield self._draft(text)

    def said_of(self, draft: Draft) -> list[Finding]:
        """That an earlier row is the same, or likely is."""
        if not self._says:
            return []
        return [SAID[rule](draft, earlier) for rule, earlier in self._base.execute(_OF, (draft.order,))]

    def _write(self) -> None:
        waiting, self._waiting = self._waiting, []
        keys = [
            (each.order, each.row, self._place(each.names), each.household_code, each.person_code, each.resident_id)
            for each in waiting
        ]
        texts = [(each.order, pickle.dumps(_VALUES(each), pickle.HIGHEST_PROTOCOL)) for each in waiting]
        marked = [(each.name, mark, each.order) for each in waiting for mark in marks(each)]
        self._base.execute("BEGIN")
        self._base.executemany("INSERT INTO keys VALUES (?, ?, ?, ?, ?, ?)", keys)
        self._base.executemany("INSERT INTO drafts VALUES (?, ?)", texts)
        self._base.executemany("INSERT INTO marks VALUES (?, ?, ?)", marked)
        self._base.execute("COMMIT")

    def _place(self, names: Names) -> int:
        return self._places.setdefault(names, len(self._places))

    def _likely(self) -> Iterator[tuple[int, int]]:
        """Row order of the later one, row number of the earlier one; by birth date before the rest of the id."""
        for _, group in groupby(self._base.execute(_SHARED), key=itemgetter(0, 1)):
            met: list[Bearer] = []
            for _, _, place, row, written, village in group:
                mine = Bearer(row, written, village)
                earlier = next((other for other in met if likely(other, mine)), None)
                if earlier is not None:
                    yield place, earlier.row
                met.append(mine)

    @staticmethod
    def _draft(text: bytes) -> Draft:
        return Draft(**dict(zip(_FIELDS, pickle.loads(text), strict=True)))  # noqa: S301 - written by this process
