"""What a list of changes may say of the units that are known: every fault of every row, in words a person can act on.

Source: the statistical bureau's rules of codes (统计用区划代码和城乡划分代码编制规则) for levels and parents; the rest
follows from time: a code names one unit a day, and a unit has one parent as long as it lives.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeAlias

from libs.rosters.findings import Finding, Severity
from libs.values.division import Division
from services.registry.domain.division_change import ONE_TO_ONE, DivisionChanged, Pair
from services.registry.domain.division_units import BEGIN, Units, Version, shown_only

Said: TypeAlias = tuple[int, Finding]
"""The place of a pair within its change, and what is said of it."""


@dataclass(frozen=True, slots=True)
class _Shape:
    olds: int | None
    news: int | None
    right: str


_SHAPES: Final[Mapping[str, _Shape]] = {
    "split": _Shape(1, None, "一个旧代码，两个以上新代码，同一 change_id"),
    "merge": _Shape(None, 1, "同一 change_id 的各行只有一个新代码"),
    "rename": _Shape(1, 1, "旧代码与新代码相同，名称不同"),
}


def check(units: Units, change: DivisionChanged) -> list[Said]:
    """Errors and warnings of each pair; without an error the change may be applied."""
    found = [(0, finding) for finding in _shape(change)]
    if found:
        return found
    return [(place, finding) for place, pair in enumerate(change.pairs) for finding in _pair(units, change, pair)]


def _shape(change: DivisionChanged) -> Iterator[Finding]:
    olds = {pair.old_code for pair in change.pairs}
    news = {pair.new_code for pair in change.pairs}
    kind, shape = change.kind, _SHAPES.get(change.kind)
    if shape is not None:
        wrong = len(olds) != (shape.olds or len(olds)) or len(news) != (shape.news or len(news))
        few = kind == "split" and len(news) < 2
        if wrong or few:
            yield Finding("kind", "change_shape", "error", kind, shape.right)
    if kind in ONE_TO_ONE and not len(olds) == len(news) == len(change.pairs):
        yield Finding(
            "kind", "change_shape", "error", kind, "每个旧代码一行，对应一个新代码；多对一用 merge，一对多用 split"
        )


def _pair(units: Units, change: DivisionChanged, pair: Pair) -> Iterator[Finding]:
    form = list(_form(change, pair))
    yield from form
    if form:
        return
    if pair.old_code:
        yield from _upper_first(units, change, pair)
        yield from _old(units, change, pair)
    if pair.new_code:
        yield from _new(units, change, pair)
    if change.kind == "abolish":
        yield from _childless(units, change, pair)


def _form(change: DivisionChanged, pair: Pair) -> Iterator[Finding]:
    same = pair.old_code == pair.new_code
    if change.kind == "rename" and not same:
        yield Finding("new_code", "rename_keeps_code", "error", pair.new_code, pair.old_code)
    if change.kind == "rename" and pair.old_name == pair.new_name:
        yield Finding("new_name", "rename_same_name", "error", pair.new_name, "与旧名称不同的新名称")
    if change.kind in ONE_TO_ONE and same:
        yield Finding("new_code", "recode_same_code", "error", pair.new_code, "与旧代码不同的新代码；只改名用 rename")
    if pair.old_code and pair.new_code:
        old, new = Division(pair.old_code), Division(pair.new_code)
        if old.level != new.level:
            yield Finding("new_code", "levels_differ", "error", pair.new_code, f"与旧代码同级（{old.level}）")


def _upper_first(units: Units, change: DivisionChanged, pair: Pair) -> Iterator[Finding]:
    """On one day units above come first: what was changed below them already would be taken for what was there."""
    if change.kind in ("rename", "abolish"):  # no unit below goes on otherwise
        return
    old, day, mine = Division(pair.old_code), change.day, ("", change.change_id)
    for code, versions in units.versions.items():
        if code == old.code or not old.covers(Division(code)) or _placed(units, code, day):
            continue
        for each in versions:
            changes = (each.since == day and each.opened_by, each.until == day and each.closed_by)
            by = next((other for other in changes if other and other not in mine), None)
            if by is not None:
                yield Finding("date", "below_changed_first", "error", str(day), f"{code} 同日已由 {by} 变更")
                return


def _old(units: Units, change: DivisionChanged, pair: Pair) -> Iterator[Finding]:
    code, day = pair.old_code, change.day
    before, versions = units.before(code, day), units.versions.get(code, [])
    if before is None:
        if not _shows_result(units, change, pair):
            yield from _not_there(units, change, pair, versions)
        return
    stays = any(each.new_code == code for each in change.pairs)
    if before.until == day and before.closed_by not in ("", change.change_id):
        if not _placed(units, code, day):
            yield Finding("date", "two_changes_on_one_day", "error", str(day), f"另一变更：{before.closed_by}")
            return
    elif not before.living and not stays:
        yield Finding("date", "changed_later", "error", str(day), f"{before.until} 已由 {before.closed_by} 变更")
        return
    if not stays and any(each.opened_by for each in versions if each.since > day):
        yield Finding("date", "changed_later", "error", str(day), "该代码以后还有变更，请按时间先后列出")
    shown = stays and before.name == pair.new_name and before.since == BEGIN and shown_only(before, day)
    if pair.old_name != before.name and not shown:
        said: Severity = "error" if change.kind == "rename" else "warning"
        yield Finding("old_name", "old_name_differs", said, pair.old_name, before.name)


def _shows_result(units: Units, change: DivisionChanged, pair: Pair) -> bool:
    """Whether a later edition named it first (with its new name): the change says since when."""
    last = units.last(pair.old_code)
    return pair.old_code == pair.new_code and last is not None and last.known == "list" and last.listed >= change.day


def _not_there(units: Units, change: DivisionChanged, pair: Pair, versions: Sequence[Version]) -> Iterator[Finding]:
    day = change.day
    if not versions:
        new = units.last(pair.new_code) if pair.new_code else None
        if new is None or not shown_only(new, day):
            yield Finding(
                "old_code", "old_code_unknown", "error", pair.old_code, "先导入列有该代码的区划表（须写明日期）"
            )
        return
    first, last = versions[0], versions[-1]
    if first.since >= day:
        same = first.since == day and first.opened_by
        rule, right = (
            ("two_changes_on_one_day", f"另一变更：{first.opened_by}")
            if same
            else ("before_it_began", f"{first.since} 以后")
        )
        yield Finding("date", rule, "error", str(day), right)
    else:
        yield Finding("date", "ended_before", "error", str(day), f"该单位止于 {last.until}（{last.closed_by}）")


def _placed(units: Units, code: str, day: date) -> bool:
    now = units.on(code, day)
    return now is not None and now.since == day and now.placed


def _new(units: Units, change: DivisionChanged, pair: Pair) -> Iterator[Finding]:
    code, day = pair.new_code, change.day
    parent = Division(code).parent
    begun = {each.new_code for each in change.pairs}
    if parent is not None and parent.code not in begun and units.on(parent.code, day) is None:
        yield Finding("new_code", "parent_unknown", "error", code, f"{day} 没有上级 {parent.code}，先列出它")
    if any(each.old_code == code for each in change.pairs):
        return
    now = units.on(code, day)
    joins = change.kind == "merge"
    if now is not None and not shown_only(now, day) and not (joins and now.since < day):
        yield Finding("new_code", "new_code_taken", "error", code, f"{day} 起已是“{now.name}”")
    later = [each for each in units.versions.get(code, ()) if each.since > day]
    if now is None and later and not shown_only(later[-1], day):
        yield Finding("new_code", "new_code_taken", "error", code, f"{later[0].since} 起是“{later[0].name}”")


def _childless(units: Units, change: DivisionChanged, pair: Pair) -> Iterator[Finding]:
    ended = {each.old_code for each in change.pairs}
    below = [each for each in units.children(pair.old_code, change.day) if each.on(change.day)]
    still = [each.code for each in below if each.code not in ended]
    if still:
        yield Finding("old_code", "units_below", "error", pair.old_code, f"先列出下级的去向，如 {still[0]}")


def errors(said: Iterable[Said]) -> bool:
    """Whether one of them refuses the change."""
    return any(finding.severity == "error" for _, finding in said)
