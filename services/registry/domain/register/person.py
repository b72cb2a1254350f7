"""One row of the register: its cells as values; `person_rules` looks at more than one of them."""

from libs.rosters.findings import Finding
from libs.rosters.sheet import Row
from libs.values import names, resident_id
from libs.values.texts import trimmed, without_blanks, without_invisible
from services.registry.domain.register import columns as c
from services.registry.domain.register import fields, words
from services.registry.domain.register.person_rules import RULES, Reading
from services.registry.domain.register.rules import finding
from services.registry.domain.register.values import Draft

_AREA_RULES = {"abolished": "id_area_abolished", "unknown": "id_area_unknown"}


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
    _described(row, draft, reading.edition.words)
    _work(row, draft)
    _household_words(row, draft, reading.edition.words)
    reading.edition.household(row, draft)
    reading.edition.further(row, draft)
    _data_date(row, reading, found)
    if not reading.edition.states_poverty:
        draft.status = reading.status
    for rule in RULES:
        found.extend(rule(draft, reading))
    return draft


def _data_date(row: Row, reading: Reading, found: list[Finding]) -> None:
    column = reading.edition.day
    if column is None or row[column].blank:
        return
    if fields.day_told(row, column) != reading.as_of:
        found.append(finding(column, "data_date_differs", row[column].text, str(reading.as_of)))


def _serial(row: Row, found: list[Finding]) -> None:
    cell = row[c.SERIAL]
    if row.typed and cell.kind == "text" and not cell.blank:
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
    if not person and row.has(c.PERSON):
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


def _described(row: Row, draft: Draft, lists: words.Words) -> None:
    found = draft.findings
    relation_rules = ("relation_not_in_list", "relation_not_in_list", "relation_not_in_list")
    draft.relation = fields.word(row, c.RELATION, found, lists.relations, words.RELATION_WORDS, relation_rules)
    draft.ethnic = _ethnic(row, found)
    empty = "education_empty" if lists is words.A else ""
    education_rules = ("education_alias", "education_not_in_list", empty)
    draft.education = fields.word(row, c.EDUCATION, found, lists.educations, lists.education_words, education_rules)
    school_rules = ("school_alias", "school_not_in_list", "")
    draft.school = fields.word(row, c.SCHOOL, found, lists.schools, lists.school_words, school_rules)
    draft.at_home = draft.school in lists.at_home
    draft.health = fields.health(row, c.HEALTH, found, words.HEALTH)
    draft.skill = fields.word(
        row, c.SKILL, found, words.SKILLS, words.SKILL_WORDS, ("skill_alias", "skill_not_in_list", "skill_empty")
    )


def _ethnic(row: Row, found: list[Finding]) -> str:
    if not row.has(c.ETHNIC):
        return ""
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
    draft.work_column = next((name for name in (c.WORK, c.WORK_AT) if row.has(name)), "")
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


def _household_words(row: Row, draft: Draft, lists: words.Words) -> None:
    found = draft.findings
    draft.insured = fields.yes_no(row, c.INSURED, found)
    draft.cause = fields.cause(row, c.CAUSE, found, lists.causes, words.CAUSE_WORDS)
    draft.unsafe_house = fields.yes_no(row, c.UNSAFE_HOUSE, found)
    draft.safe_water = fields.yes_no(row, c.SAFE_WATER, found)
    draft.water_hardship = fields.yes_no(row, c.WATER_HARDSHIP, found)
    draft.income = fields.number(row, c.INCOME, found)
    if draft.income is not None and draft.income < 0:
        found.append(finding(c.INCOME, "number_negative", row[c.INCOME].text))
        draft.income = None
