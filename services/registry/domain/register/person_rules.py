"""The rules that look at more than one cell of a person's row, or at a cell and her id."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from libs.rosters.findings import Finding
from libs.values import resident_id
from services.registry.domain.register import columns as c
from services.registry.domain.register import words
from services.registry.domain.register.areas import AreaCodes
from services.registry.domain.register.editions import Edition
from services.registry.domain.register.rules import finding
from services.registry.domain.register.values import Draft

_SEX_WORDS = {"male": "男", "female": "女"}
_WORKING_AGE = range(16, 60)


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading a row needs besides the row. `status` is the word for all rows of an edition that states none."""

    edition: Edition
    areas: AreaCodes
    as_of: date
    today: date
    status: str = ""


def _work_and_months(draft: Draft, _: Reading) -> list[Finding]:
    """Rule 13: a place of work and its months stand together or not at all."""
    place = draft.work_place or draft.work_at
    if place and not draft.months_told:
        return [finding(c.MONTHS, "work_without_months")]
    if draft.work_column and draft.months_told and draft.work_months is not None and not place:
        return [finding(draft.work_column, "months_without_work")]
    return []


def _work_and_skill(draft: Draft, _: Reading) -> list[Finding]:
    """Rule 30: who works away is able to work."""
    unable = words.SKILLS.get(draft.skill) in words.UNABLE
    place = draft.work_place or draft.work_at
    return [finding(draft.work_column, "work_skill_conflict", place)] if place and unable else []


def _skill_and_age(draft: Draft, reading: Reading) -> list[Finding]:
    """Rule 29: of working age, healthy and out of school, yet without labour ability."""
    unable = words.SKILLS.get(draft.skill) in ("none", "weak")
    if not unable or draft.health != words.HEALTHY or not draft.at_home:
        return []
    return [finding(c.SKILL, "skill_age_conflict", draft.skill)] if _of_working_age(draft, reading) else []


def _of_working_age(draft: Draft, reading: Reading) -> bool:
    return bool(draft.resident_id) and reading.as_of.year - int(draft.resident_id[6:10]) in _WORKING_AGE


def _education_or_school(draft: Draft, reading: Reading) -> list[Finding]:
    """Rule 4: who goes to school states where, everybody else what she has learnt; one of the two."""
    if not reading.edition.learns:
        return []
    if draft.school and draft.education:
        return [finding(c.SCHOOL, "education_and_school", draft.school)]
    told = any(said.column in (c.SCHOOL, c.EDUCATION) for said in draft.findings)
    return [] if draft.school or draft.education or told else [finding(c.EDUCATION, "education_or_school")]


def _exited_and_insured(draft: Draft, reading: Reading) -> list[Finding]:
    """Rule 14, of the lists since 2018: a household that is out of poverty is insured against serious illness."""
    uninsured = reading.edition.learns and draft.status == "脱贫" and draft.insured is False
    return [finding(c.INSURED, "exited_not_insured", words.NO)] if uninsured else []


def _stated_and_id(draft: Draft, _: Reading) -> list[Finding]:
    """Sex and birth date stand in columns of their own and in the id."""
    said: list[Finding] = []
    if not draft.resident_id:
        return said
    sex, born = resident_id.sex(draft.resident_id), resident_id.birth_date(draft.resident_id)
    if draft.stated_sex and words.SEXES[draft.stated_sex] != sex:
        said.append(finding(c.SEX, "sex_conflict", draft.stated_sex, _SEX_WORDS[sex]))
    if draft.stated_birth and draft.stated_birth != born:
        said.append(finding(c.BORN, "birth_conflict", str(draft.stated_birth), str(born)))
    return said


def _developed(draft: Draft, reading: Reading) -> list[Finding]:
    """Rule 31, 未落实开发式帮扶: able to work, of age, out of school, and none of the columns of measures is filled."""
    able = words.SKILLS.get(draft.skill) in ("ordinary", "skilled") and draft.at_home
    if reading.edition.states_poverty or not able or not _of_working_age(draft, reading):
        return []
    measures = (draft.more.get(name) for name in (c.INDUSTRY, c.EMPLOYMENT, c.POST))
    helped = any(measures) or bool(draft.work_months)
    return [] if helped else [finding(c.INDUSTRY, "no_development_measure")]


def _sex_and_relation(draft: Draft, reading: Reading) -> list[Finding]:
    """The relation says a sex (之女), the id says the other one."""
    said = reading.edition.words.relations.get(draft.relation)
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


RULES: tuple[Callable[[Draft, Reading], list[Finding]], ...] = (
    _work_and_months,
    _work_and_skill,
    _skill_and_age,
    _education_or_school,
    _exited_and_insured,
    _sex_and_relation,
    _stated_and_id,
    _born_after,
    _developed,
)
