"""One row of the register: its cells as values, and the rules that look at more than one of them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from libs.rosters.findings import Finding
from libs.rosters.sheet import Row
from libs.values import names, resident_id
from libs.values.texts import trimmed, without_blanks, without_invisible
from services.registry.domain.register import columns as c
from services.registry.domain.register import fields, words
from services.registry.domain.register.areas import AreaCodes
from services.registry.domain.register.rules import finding
from services.registry.domain.register.values import Draft

_AREA_RULES = {"abolished": "id_area_abolished", "unknown": "id_area_unknown"}
_SEX_WORDS = {"male": "男", "female": "女"}
_WORKING_AGE = range(16, 60)


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading a row needs besides the row."""

    areas: AreaCodes
    as_of: date
    today: date


def read_person(row: Row, reading: Reading) -> Draft:
    """A row's values with the findings of its own cells; place and household are looked at later, over all rows."""
    draft = Draft(row.number)
    found = draft.findings
    if row.ragged:
        found.append(finding("", "ragged_row"))
    _serial(row, found)
    draft.names = (
        fields.plain(row, c.COUNTY, found),
        fields.plain(row, c.TOWNSHIP, found),
        fields.plain(row, c.VILLAGE, found),
    )
    draft.hamlet = fields.plain(row, c.HAMLET, found)
    _codes(row, draft)
    draft.name = _name(row, found)
    _resident_id(row, draft, reading)
    draft.size = fields.whole(fields.number(row, c.SIZE, found))
    _described(row, draft)
    _work(row, draft)
    _household_words(row, draft)
    for rule in PERSON_RULES:
        found.extend(rule(draft, reading))
    return draft


def _serial(row: Row, found: list[Finding]) -> None:
    cell = row[c.SERIAL]
    if cell.kind == "text" and not cell.blank:
        found.append(finding(c.SERIAL, "serial_text", cell.text, trimmed(cell.text)))


def _codes(row: Row, draft: Draft) -> None:
    found = draft.findings
    code = without_blanks(without_invisible(fields.plain(row, c.HOUSEHOLD, found, identity=True)))
    if row[c.HOUSEHOLD].kind == "number" and code:
        found.append(finding(c.HOUSEHOLD, "household_code_number", code, code.zfill(10)))
        code = code.zfill(10)
    if not code:
        found.append(finding(c.HOUSEHOLD, "household_code_empty"))
    draft.household_code = code
    person = without_blanks(without_invisible(fields.plain(row, c.PERSON, found, identity=True)))
    if not person:
        found.append(finding(c.PERSON, "person_code_empty"))
    draft.person_code = person.zfill(12) if row[c.PERSON].kind == "number" and person else person


def _name(row: Row, found: list[Finding]) -> str:
    written = row[c.NAME].text
    text = fields.plain(row, c.NAME, found, identity=True)
    if any(said.column == c.NAME and said.severity == "error" for said in found):
        return ""
    if not text:
        found.append(finding(c.NAME, "name_empty"))
        return ""
    name = names.normalised(text)
    if name.isalnum() and name == written and not names.rare_characters(name):
        return name if len(name) <= names.MAX_LENGTH else _too_long(name, found)
    marks = (
        ("name_blanks", text != written),
        ("name_invisible_char", without_invisible(text) != text),
        ("name_inner_space", without_blanks(text) != text),
        ("name_middle_dot_variant", names.has_dot_variant(text)),
        ("name_middle_dot", names.has_middle_dot(text)),
        ("name_rare_character", names.rare_characters(name)),
    )
    found.extend(finding(c.NAME, code, written, name) for code, holds in marks if holds)
    return name if len(name) <= names.MAX_LENGTH else _too_long(name, found)


def _too_long(name: str, found: list[Finding]) -> str:
    found.append(finding(c.NAME, "name_length", name[: names.MAX_LENGTH]))
    return ""


def _resident_id(row: Row, draft: Draft, reading: Reading) -> None:
    cell, found = row[c.ID], draft.findings
    if cell.formula:
        found.append(finding(c.ID, "formula_in_identity", cell.text))
        return
    if cell.kind in ("number", "date"):
        found.append(finding(c.ID, "id_number_cell", cell.text))
        return
    if cell.merged:
        found.append(finding(c.ID, "merged_cell", right=cell.text))
    read = resident_id.read(cell.text, reading.today)
    found.extend(finding(c.ID, note.rule, cell.text, note.right) for note in read.notes)
    if read.value is None:
        return
    draft.resident_id = resident_id.key(read.value)
    draft.card = read.value if len(read.value) > 18 else None
    code = _AREA_RULES.get(reading.areas.state(resident_id.area(read.value), reading.as_of))
    if code is not None:
        found.append(finding(c.ID, code, cell.text, draft.resident_id))


def _described(row: Row, draft: Draft) -> None:
    found = draft.findings
    relation_rules = ("relation_not_in_list", "relation_not_in_list", "relation_not_in_list")
    draft.relation = fields.word(row, c.RELATION, found, words.RELATIONS, words.RELATION_WORDS, relation_rules)
    draft.ethnic = _ethnic(row, found)
    draft.education = fields.word(
        row,
        c.EDUCATION,
        found,
        words.EDUCATIONS,
        words.EDUCATION_WORDS,
        ("education_alias", "education_not_in_list", "education_empty"),
    )
    draft.school = fields.word(
        row, c.SCHOOL, found, words.SCHOOLS, words.SCHOOL_WORDS, ("school_alias", "school_not_in_list", "")
    )
    draft.health = fields.health(row, c.HEALTH, found, words.HEALTH)
    draft.skill = fields.word(
        row, c.SKILL, found, words.SKILLS, words.SKILL_WORDS, ("skill_alias", "skill_not_in_list", "skill_empty")
    )


def _ethnic(row: Row, found: list[Finding]) -> str:
    text = fields.plain(row, c.ETHNIC, found)
    if text in words.ETHNIC_GROUPS:
        return text
    if text + "族" in words.ETHNIC_GROUPS:
        found.append(finding(c.ETHNIC, "ethnic_without_zu", text, text + "族"))
        return text + "族"
    found.append(finding(c.ETHNIC, "ethnic_not_in_list" if text else "ethnic_empty", text))
    return ""


def _work(row: Row, draft: Draft) -> None:
    found = draft.findings
    draft.work_place = fields.word(
        row, c.WORK, found, words.WORK_PLACES, words.WORK_WORDS, ("work_alias", "work_not_in_list", "")
    )
    draft.months_told = not row[c.MONTHS].blank
    months = fields.number(row, c.MONTHS, found)
    if months is not None and months == 0 and not draft.work_place:
        draft.months_told = False
        return
    if months is not None and not (1 <= months <= 12):
        found.append(finding(c.MONTHS, "months_out_of_range", row[c.MONTHS].text))
        return
    draft.work_months = fields.whole(months)


def _household_words(row: Row, draft: Draft) -> None:
    found = draft.findings
    draft.insured = fields.yes_no(row, c.INSURED, found)
    draft.status = fields.word(
        row,
        c.STATUS,
        found,
        words.STATUSES,
        words.STATUS_WORDS,
        ("exit_alias", "status_not_in_list", "status_empty"),
    )
    draft.attribute = fields.word(
        row,
        c.ATTRIBUTE,
        found,
        words.ATTRIBUTES,
        words.ATTRIBUTE_WORDS,
        ("attribute_alias", "attribute_not_in_list", "attribute_empty"),
    )
    draft.cause = fields.cause(row, c.CAUSE, found, words.CAUSES, words.CAUSE_WORDS)
    draft.unsafe_house = fields.yes_no(row, c.UNSAFE_HOUSE, found)
    draft.safe_water = fields.yes_no(row, c.SAFE_WATER, found)
    draft.water_hardship = fields.yes_no(row, c.WATER_HARDSHIP, found)
    draft.income = fields.number(row, c.INCOME, found)
    if draft.income is not None and draft.income < 0:
        found.append(finding(c.INCOME, "number_negative", row[c.INCOME].text))
        draft.income = None
    draft.phone = fields.phone(row, c.PHONE, found)


def _work_and_months(draft: Draft, _: Reading) -> list[Finding]:
    """Rule 13: a place of work and its months stand together or not at all."""
    if draft.work_place and not draft.months_told:
        return [finding(c.MONTHS, "work_without_months")]
    if draft.months_told and draft.work_months is not None and not draft.work_place:
        return [finding(c.WORK, "months_without_work")]
    return []


def _work_and_skill(draft: Draft, _: Reading) -> list[Finding]:
    """Rule 30: who works away is able to work."""
    unable = words.SKILLS.get(draft.skill) in words.UNABLE
    return [finding(c.WORK, "work_skill_conflict", draft.work_place)] if draft.work_place and unable else []


def _skill_and_age(draft: Draft, reading: Reading) -> list[Finding]:
    """Rule 29: of working age, healthy and out of school, yet without labour ability."""
    unable = words.SKILLS.get(draft.skill) in ("none", "weak")
    if not unable or draft.health != words.HEALTHY or draft.school != words.NOT_IN_SCHOOL or not draft.resident_id:
        return []
    age = reading.as_of.year - int(draft.resident_id[6:10])
    return [finding(c.SKILL, "skill_age_conflict", draft.skill)] if age in _WORKING_AGE else []


def _sex_and_relation(draft: Draft, _: Reading) -> list[Finding]:
    """The relation says a sex (之女), the id says the other one."""
    said = words.RELATIONS.get(draft.relation)
    if said is None or not draft.resident_id:
        return []
    sex = resident_id.sex(draft.resident_id)
    right = f"身份证为{_SEX_WORDS[sex]}，与户主关系为{draft.relation}"
    return [] if sex == said else [finding(c.RELATION, "sex_relation_conflict", draft.relation, right)]


def _born_after(draft: Draft, reading: Reading) -> list[Finding]:
    """Not born yet on the day the data are of."""
    born = resident_id.birth_date(draft.resident_id) if draft.resident_id else None
    late = born is not None and born > reading.as_of
    return [finding(c.ID, "id_birth_after_as_of", draft.resident_id)] if late else []


PERSON_RULES: tuple[Callable[[Draft, Reading], list[Finding]], ...] = (
    _work_and_months,
    _work_and_skill,
    _skill_and_age,
    _sex_and_relation,
    _born_after,
)
