"""Where a row belongs: names of county, township and village found among the known divisions."""

import re
from collections import ChainMap
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Protocol

from libs.values.texts import folded
from services.registry.domain.register.columns import COUNTY, TOWNSHIP, VILLAGE

_COMMITTEE = re.compile(r"(村?民?委员会|村委会|居民委员会|居委会|委会)$")
_ETHNIC = re.compile(r"(苗|侗|水|布依|彝|瑶|壮|土家|仡佬|回|满|蒙古|藏|畲|黎|傣|白|羌|毛南|仫佬|各)族")
_UNIT_WORD = re.compile(r"(自治县|自治旗|街道办事处|街道|县|市|区|旗|乡|镇)$")

Remark = tuple[str, str, str]  # column, rule, right answer


@dataclass(frozen=True, slots=True)
class Known:
    """One known division."""

    code: str
    name: str
    level: str
    parent: str


@dataclass(frozen=True, slots=True)
class Place:
    """What the three names of a row mean; `village` is None when a remark is an error."""

    county: str | None
    township: str | None
    village: str | None
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class _Villages:
    """Villages of one township by the name that registers write (响楼村 for 响楼村委会)."""

    by_name: Mapping[str, str]
    by_stem: Mapping[str, str]


class Divisions(Protocol):
    """What the names in a row are looked up in; KnownDivisions has all of it in memory."""

    def counties(self, text: str) -> tuple[list[str], bool]: ...
    def place(self, county: str, township: str, village: str, main: str | None) -> Place: ...


@dataclass(slots=True)
class KnownDivisions:
    """Counties, townships and villages by name. Built once a file from (code, name, level, parent).

    Of two villages of one name in a township the first counts.
    """

    _counties: dict[str, list[str]] = field(default_factory=dict)
    _townships: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    _villages: dict[str, _Villages] = field(default_factory=dict)
    _names: MutableMapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, divisions: Iterable[tuple[str, str, str, str | None]]) -> "KnownDivisions":
        """From the divisions of one edition; order does not matter."""
        known = cls()
        below: dict[str, list[Known]] = {}
        for code, name, level, parent in divisions:
            known._names[code] = name
            if level == "county":
                known._counties.setdefault(name, []).append(code)
            elif level in ("township", "village"):
                below.setdefault(parent or "", []).append(Known(code, name, level, parent or ""))
        for parent, children in below.items():
            if children[0].level == "township":
                for child in children:
                    known._townships.setdefault(parent, {}).setdefault(child.name, []).append(child.code)
            else:
                prefixes = (known._names.get(parent[:6] + "000000", ""), known._names.get(parent, ""))
                known._villages[parent] = _villages(children, prefixes)
        return known

    def inside(self, divisions: Iterable[tuple[str, str, str, str | None]]) -> "KnownDivisions":
        """These divisions of one county, among the same counties."""
        known = KnownDivisions.of(divisions)
        known._counties, known._names = self._counties, ChainMap(known._names, self._names)
        return known

    def name(self, code: str) -> str:
        """The division's name; the code itself when it is not known."""
        return self._names.get(code, code)

    def counties(self, text: str) -> tuple[list[str], bool]:
        """Codes of the counties of that name, and whether it was written short (雷山)."""
        exact = self._counties.get(text)
        if exact:
            return exact, False
        stem = _stem(text)
        return [code for name, codes in self._counties.items() if stem and _stem(name) == stem for code in codes], True

    def township(self, county: str, text: str) -> tuple[list[str], bool]:
        """The township's code, and whether it was written short (达地乡 for 达地水族乡).

        Several where one got another code under its name, in the order in which they came.
        """
        townships = self._townships.get(county, {})
        if text in townships:
            return townships[text], False
        stem = _stem(text)
        found = [codes for name, codes in townships.items() if stem and _stem(name) == stem]
        return (found[0] if len(found) == 1 else []), True

    def village(self, township: str, text: str) -> tuple[str | None, str, str]:
        """Code, the register's form of the name, and the rule that explains the difference (or '')."""
        villages = self._villages.get(township)
        if villages is None:
            return None, "", ""
        if text in villages.by_name:
            return villages.by_name[text], text, ""
        plain = village_name(text)
        if plain in villages.by_name:
            return villages.by_name[plain], plain, "village_suffix"
        code = villages.by_stem.get(text, "")
        if code:
            name = next(name for name, known in villages.by_name.items() if known == code)
            return code, name, "village_short_name"
        return None, "", ""

    def townships_with(self, county: str, village: str) -> list[str]:
        """Names of the townships of the county that have a village of that name."""
        townships = self._townships.get(county, {})
        return [name for name, codes in townships.items() if any(self.village(code, village)[0] for code in codes)]

    def place(self, county: str, township: str, village: str, main: str | None) -> Place:
        """The three names of a row, `main` being the county of the file."""
        county, township, village = folded(county), folded(township), folded(village)
        codes, short = self.counties(county)
        if not codes:
            return Place(None, None, None, ((COUNTY, "county_unknown" if county else "county_empty", ""),))
        code = main if main in codes else codes[0]
        remarks = [(COUNTY, "county_short_name", self.name(code))] if short else []
        if main is not None and code != main:
            there = self._below(code, township, village)
            if there.village is None:
                return Place(code, None, None, ((COUNTY, "county_other", ""),))
        below = self._below(code, township, village)
        return Place(code, below.township, below.village, (*remarks, *below.remarks))

    def _below(self, county: str, township: str, village: str) -> Place:
        codes, short = self.township(county, township)
        if not codes:
            return Place(county, None, None, ((TOWNSHIP, "township_unknown" if township else "township_empty", ""),))
        code = next((each for each in codes if self.village(each, village)[0]), codes[0])
        remarks: list[Remark] = [(TOWNSHIP, "township_short_name", self.name(code))] if short else []
        found, name, rule = self.village(code, village)
        if found is not None:
            remarks += [(VILLAGE, rule, name)] if rule else []
            return Place(county, code, found, tuple(remarks))
        elsewhere = self.townships_with(county, village) if village else []
        if elsewhere:
            remarks.append((VILLAGE, "village_other_township", f"该村属{'、'.join(elsewhere)}"))
        else:
            remarks.append((VILLAGE, "village_unknown" if village else "village_empty", ""))
        return Place(county, code, None, tuple(remarks))


def village_name(text: str) -> str:
    """As registers write it: 龙塘村委会, 龙塘村民委员会 → 龙塘村; 南门社区居民委员会 → 南门社区."""
    ending = _COMMITTEE.search(text)
    if ending is None:
        return text
    stem = text[: ending.start()]
    return f"{stem}村" if ending[0].startswith("村") else stem


def _villages(children: list[Known], prefixes: tuple[str, str]) -> _Villages:
    by_name: dict[str, str] = {}
    stems: dict[str, list[str]] = {}
    for child in children:
        bare = folded(child.name)
        for prefix in prefixes:
            longer = bare.removeprefix(prefix)
            bare = longer if village_name(longer) else bare
        name = village_name(bare)
        by_name.setdefault(name, child.code)
        stems.setdefault(re.sub(r"(社区|村)$", "", name), []).append(child.code)
    return _Villages(by_name, {stem: codes[0] for stem, codes in stems.items() if len(codes) == 1 and stem})


def _stem(name: str) -> str:
    return _UNIT_WORD.sub("", _ETHNIC.sub("", _UNIT_WORD.sub("", name)) if len(name) > 2 else name)
