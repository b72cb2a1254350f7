"""The rules over the rows of one household: head, spouses, size, order; and what is said of a row that stands twice."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Final

from libs.rosters.findings import Finding
from libs.values import resident_id
from services.registry.domain.register import columns as c
from services.registry.domain.register import words
from services.registry.domain.register.editions import Shared
from services.registry.domain.register.rules import finding
from services.registry.domain.register.values import Draft

Said = tuple[Draft, Finding]

MOST: Final = 200
"""Rows of a household. Those of registers have fewer than 30; so many of one number are a column filled down, or empty
figures. A household is taken in by one transaction, which holds many times more (libs.events.store.MAX_EVENTS)."""


def _head(members: Sequence[Draft]) -> list[Said]:
    """Rules 5 and 7: exactly one head. The first row answers for a household without one."""
    heads = [member for member in members if member.relation == words.HEAD]
    if not heads:
        return [(members[0], finding(c.RELATION, "household_no_head", members[0].relation))]
    said = [(extra, finding(c.RELATION, "household_two_heads", extra.relation)) for extra in heads[1:]]
    if heads[0] is not members[0]:
        said.append((heads[0], finding(c.RELATION, "household_head_not_first", words.HEAD, "按户编号归户")))
    return said


def _spouses(members: Sequence[Draft]) -> list[Said]:
    """Rules 6 and 28: at most one spouse, of the other sex than the head."""
    spouses = [member for member in members if member.relation == words.SPOUSE]
    said = [(extra, finding(c.RELATION, "household_two_spouses", extra.relation)) for extra in spouses[1:]]
    head = next((member for member in members if member.relation == words.HEAD and member.resident_id), None)
    if head is not None:
        sex = resident_id.sex(head.resident_id)
        said += [
            (spouse, finding(c.RELATION, "spouse_same_sex", spouse.relation))
            for spouse in spouses
            if spouse.resident_id and resident_id.sex(spouse.resident_id) == sex
        ]
    return said


def _children(members: Sequence[Draft]) -> list[Said]:
    """A son or daughter is not older than the head."""
    head = next((member for member in members if member.relation == words.HEAD and member.resident_id), None)
    if head is None:
        return []
    born = head.resident_id[6:14]
    return [
        (member, finding(c.RELATION, "child_older_than_head", member.relation))
        for member in members
        if member.relation in words.CHILDREN and member.resident_id and member.resident_id[6:14] <= born
    ]


def _size(members: Sequence[Draft]) -> list[Said]:
    """The stated size is the number of rows."""
    stated = next((member.size for member in members if member.size is not None), None)
    if stated is None or stated == len(members):
        return []
    return [(members[0], finding(c.SIZE, "household_size_mismatch", str(stated), str(len(members))))]


def _blocks(members: Sequence[Draft]) -> list[Said]:
    """Rows of the household that stand apart; `order` numbers the person rows of the file without gaps."""
    right = f"按户编号归户，户内共{len(members)}人"
    return [
        (later, finding(c.HOUSEHOLD, "household_split_blocks", later.household_code, right))
        for earlier, later in pairwise(members)
        if later.order != earlier.order + 1
    ]


def _values(members: Sequence[Draft], shared: Sequence[Shared]) -> list[Said]:
    """What belongs to the household is written alike in all its rows; the majority counts."""
    said: list[Said] = []
    for column, value in shared:
        told = [value(member) for member in members]
        if len(set(told) - {""}) < 2:
            continue
        right = majority(told)
        said += [
            (member, finding(column, "household_value_conflict", mine, right))
            for member, mine in zip(members, told, strict=True)
            if mine not in ("", right)
        ]
    return said


HOUSEHOLD_RULES: tuple[Callable[[Sequence[Draft]], list[Said]], ...] = (
    _head,
    _spouses,
    _children,
    _size,
    _blocks,
)


def majority(values: Iterable[str]) -> str:
    """The value most rows give, the first one in a draw; empty values have no voice."""
    counted = Counter(value for value in values if value)
    return counted.most_common(1)[0][0] if counted else ""


def check_household(members: Sequence[Draft], shared: Sequence[Shared]) -> None:
    """Add each finding to the row it is about; `shared` are the columns that all rows fill alike."""
    for rule in HOUSEHOLD_RULES:
        for member, found in rule(members):
            member.findings.append(found)
    for member, found in _values(members, shared):
        member.findings.append(found)


def too_large(draft: Draft, rows: int) -> Finding:
    """What is said of each of so many rows that bear one 户编号, instead of all rules of a household."""
    right = f"该户编号下有{rows}行，一户最多{MOST}行"
    return finding(c.HOUSEHOLD, "household_too_large", draft.household_code, right)


def repeated_id(draft: Draft, first: int) -> Finding:
    """Rule 2: the first row of an id stays, every later one is refused and names it."""
    return finding(c.ID, "id_duplicate", draft.resident_id, f"与第{first}行相同")


def repeated_code(draft: Draft, first: int) -> Finding:
    """The same of a 人编号 within its county."""
    return finding(c.PERSON, "person_code_duplicate", draft.person_code, f"与第{first}行相同")
