"""The editions of the register's export: which columns each has, which words it uses, what its rows say of a household.

2016–2018 (27 columns) states 脱贫属性. 2021–2022 (32 columns) states 户类型 and monitoring instead. The person table of
2021 (47 columns) states neither: there the importer says what the listed households are, and known ones keep theirs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from libs.rosters.columns import Column, ColumnSet
from libs.rosters.sheet import Row
from services.registry.domain.register import columns as c
from services.registry.domain.register import fields, words
from services.registry.domain.register.rules import finding
from services.registry.domain.register.values import Draft

Shared = tuple[str, Callable[[Draft], str]]
_COUNTY = ("县", "县(市、区)", "县(区)", "县(市、区、旗)名称", "区县")
_TOWNSHIP = ("乡镇", "乡", "乡(镇、街道)", "镇(乡)")
_VILLAGE = ("村", "行政村名称")
_HAMLET = ("组", "村民小组", "自然村(组)")
_PERSON = ("人编码", "人口编号")
_ID = ("身份证号", "身份证号码", "公民身份号码", "身份证件号码")
_MONTHS = ("务工时间", "务工月数")
_INSURED = ("是否参加大病医疗", "大病医疗", "是否参加大病保险")
_INCOME = ("人均纯收入(元)", "年人均纯收入")

FORM_2016 = ColumnSet(
    "2016-2018",
    (
        Column(c.SERIAL, required=False),
        Column(c.COUNTY, _COUNTY),
        Column(c.TOWNSHIP, _TOWNSHIP),
        Column(c.VILLAGE, _VILLAGE),
        Column(c.HAMLET, _HAMLET, required=False),
        Column(c.HOUSEHOLD, ("户编码", "户号")),
        Column(c.PERSON, _PERSON, required=False),
        Column(c.NAME, ("成员姓名",)),
        Column(c.ID, _ID),
        Column(c.SIZE, ("家庭人口数", "家庭人口", "人口数"), required=False),
        Column(c.RELATION, ("与户主的关系",)),
        Column(c.ETHNIC, required=False),
        Column(c.EDUCATION, required=False),
        Column(c.SCHOOL, ("在校状况", "是否在校"), required=False),
        Column(c.HEALTH, ("身体状况",), required=False),
        Column(c.SKILL, ("劳动能力",), required=False),
        Column(c.WORK, required=False),
        Column(c.MONTHS, _MONTHS, required=False),
        Column(c.INSURED, _INSURED, required=False),
        Column(c.STATUS, ("脱贫状态",)),
        Column(c.ATTRIBUTE, ("贫困户类型",), required=False),
        Column(c.CAUSE, ("致贫原因",), required=False),
        Column(c.UNSAFE_HOUSE, ("是否危房户", "危房"), required=False),
        Column(c.SAFE_WATER, ("是否饮水安全", "是否解决安全饮用水"), required=False),
        Column(c.WATER_HARDSHIP, ("是否饮水困难",), required=False),
        Column(c.INCOME, _INCOME, required=False),
        Column(c.PHONE, ("电话", "联系方式", "户联系电话"), required=False),
    ),
)
FORM_2021 = ColumnSet(
    "2021-2022",
    (
        Column(c.SERIAL, required=False),
        Column(c.DATA_DATE, required=False),
        Column(c.COUNTY, _COUNTY),
        Column(c.TOWNSHIP, _TOWNSHIP),
        Column(c.VILLAGE, _VILLAGE),
        Column(c.HAMLET, _HAMLET, required=False),
        Column(c.HOUSEHOLD, ("户编码", "户号")),
        Column(c.PERSON, _PERSON, required=False),
        Column(c.NAME, ("成员姓名",)),
        Column(c.ID, _ID),
        Column(c.SIZE, ("家庭人口数", "家庭人口", "人口数"), required=False),
        Column(c.RELATION, ("与户主的关系",)),
        Column(c.ETHNIC, required=False),
        Column(c.EDUCATION, required=False),
        Column(c.SCHOOL, ("在校状况",), required=False),
        Column(c.HEALTH, ("身体状况",), required=False),
        Column(c.SKILL, ("劳动能力",), required=False),
        Column(c.MONTHS, _MONTHS, required=False),
        Column(c.INSURED, _INSURED, required=False),
        Column(c.CAUSE, ("致贫原因1", "致贫原因"), required=False),
        Column(c.UNSAFE_HOUSE, ("是否危房户", "危房"), required=False),
        Column(c.SAFE_WATER, ("是否饮水安全", "是否解决安全饮用水"), required=False),
        Column(c.INCOME, _INCOME, required=False),
        Column(c.HOUSEHOLD_PHONE, required=False),
        Column(c.OWN_PHONE, ("成员联系电话",), required=False),
        Column(c.HOUSEHOLD_SINCE),
        Column(c.PERSON_SINCE, required=False),
        Column(c.HOUSEHOLD_TYPE, ("农户类型",)),
        Column(c.MONITORING, ("监测对象类型", "监测对象类别"), required=False),
        Column(c.RISK_REMOVED, ("风险是否已消除",)),
        Column(c.RISK_SINCE, required=False),
        Column(c.RISK_UNTIL, required=False),
    ),
)
FORM_47 = ColumnSet(
    "2021 person table, 47 columns",
    (
        Column(c.PROVINCE),
        Column(c.PREFECTURE),
        Column(c.COUNTY, _COUNTY),
        Column(c.TOWNSHIP, _TOWNSHIP),
        Column(c.VILLAGE, _VILLAGE),
        Column(c.HOUSEHOLD, ("户编码", "户号")),
        Column(c.PERSON, _PERSON),
        Column(c.NAME, ("成员姓名",)),
        Column(c.SEX),
        Column(c.BORN, required=False),
        Column(c.CARD_TYPE),
        Column(c.ID, _ID),
        Column(c.ETHNIC, required=False),
        Column(c.HOUSEHOLD_PHONE, required=False),
        Column(c.OWN_PHONE, ("成员联系电话",), required=False),
        Column(c.YEAR),
        Column(c.RELATION, ("与户主的关系",)),
        Column(c.EDUCATION, required=False),
        Column(c.SCHOOL, required=False),
        Column(c.SKILL, ("劳动能力",), required=False),
        Column(c.MONTHS, _MONTHS, required=False),
        Column(c.HEALTH, required=False),
        Column(c.PARTY, required=False),
        Column(c.EMPLOYER, required=False),
        Column(c.LOW_INCOME, required=False),
        Column(c.PENSION_EMPLOYED, required=False),
        Column(c.INSURED, _INSURED, required=False),
        Column(c.MEDICAL_RURAL, ("是否参加城乡居民基本医疗保险",), required=False),
        Column(c.PENSION_RESIDENT, required=False),
        Column(c.DROP_OUT, required=False),
        Column(c.MANDARIN, required=False),
        Column(c.MEDICAL_PRIVATE, required=False),
        Column(c.WORK_ABROAD, required=False),
        Column(c.INDUSTRY, required=False),
        Column(c.MEDICAL_AID, required=False),
        Column(c.HEALTH_AID, required=False),
        Column(c.POST, required=False),
        Column(c.POST_MONTHS, required=False),
        Column(c.EMPLOYMENT, required=False),
        Column(c.DISABILITY, required=False),
        Column(c.WORK_AT, required=False),
        Column(c.HEAD_NAME, required=False),
        Column(c.HEAD_ID, required=False),
        Column(c.MEDICAL_EMPLOYED, required=False),
        Column(c.DESTITUTE, required=False),
        Column(c.DISABILITY_YEAR, required=False),
        Column(c.STANDARD),
    ),
)
YES_NO_47 = (
    c.LOW_INCOME, c.PENSION_EMPLOYED, c.MEDICAL_RURAL, c.PENSION_RESIDENT, c.MANDARIN, c.MEDICAL_PRIVATE,
    c.WORK_ABROAD, c.MEDICAL_AID, c.HEALTH_AID, c.MEDICAL_EMPLOYED, c.DESTITUTE,
)  # fmt: skip
"""Rules 16 and 18–27: each is filled with 是 or 否."""

TEXTS_47 = (
    c.EMPLOYER, c.DROP_OUT, c.INDUSTRY, c.POST, c.POST_MONTHS, c.EMPLOYMENT, c.DISABILITY, c.WORK_AT,
    c.DISABILITY_YEAR, c.STANDARD,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition. `household` reads what a row says of its household, `further` what only this edition asks.

    `shared` are the columns that all rows of a household fill alike; `states_poverty`: a row says who is out of it;
    `learns`: 文化程度 or 在校生状况, one of the two; `day` is the column that dates the data.
    """

    columns: ColumnSet
    name: str
    words: words.Words
    household: Callable[[Row, Draft], None]
    further: Callable[[Row, Draft], None]
    shared: tuple[Shared, ...]
    states_poverty: bool = True
    learns: bool = False
    day: str | None = None


def _of_2016(row: Row, draft: Draft) -> None:
    found = draft.findings
    rules = ("exit_alias", "status_not_in_list", "status_empty")
    draft.status = fields.word(row, c.STATUS, found, words.STATUSES, words.STATUS_WORDS, rules)
    rules = ("attribute_alias", "attribute_not_in_list", "attribute_empty")
    draft.attribute = fields.word(row, c.ATTRIBUTE, found, words.ATTRIBUTES, words.ATTRIBUTE_WORDS, rules) or None
    draft.phone = draft.household_phone = fields.phone(row, c.PHONE, found)


def _of_2021(row: Row, draft: Draft) -> None:
    found = draft.findings
    rules = ("household_type_alias", "household_type_not_in_list", "household_type_empty")
    kind = fields.word(row, c.HOUSEHOLD_TYPE, found, words.HOUSEHOLD_TYPES, words.HOUSEHOLD_TYPE_WORDS, rules)
    draft.attribute = kind or None
    if kind:
        draft.status = words.MONITORED if words.HOUSEHOLD_TYPES[kind] == "monitored" else "脱贫"
    rules = ("monitoring_alias", "monitoring_not_in_list", "")
    draft.monitoring = fields.word(row, c.MONITORING, found, words.MONITORINGS, words.MONITORING_WORDS, rules)
    _monitored(kind, draft)
    _risk(row, draft)
    draft.phone = fields.phone(row, c.OWN_PHONE, found, may_be_empty=True)
    draft.household_phone = fields.phone(row, c.HOUSEHOLD_PHONE, found)


def _monitored(kind: str, draft: Draft) -> None:
    """脱贫不稳定户 are 脱贫户, 边缘易致贫户 are not; a 一般农户 stands in the file only because it is monitored."""
    watched = draft.monitoring
    if kind == "一般农户" and not watched:
        draft.findings.append(finding(c.MONITORING, "monitoring_missing"))
    crossed = watched == (words.UNSTABLE if kind == "一般农户" else words.MARGINAL)
    if kind and watched and crossed:
        draft.findings.append(finding(c.MONITORING, "monitoring_type_conflict", watched, kind))


def _risk(row: Row, draft: Draft) -> None:
    found = draft.findings
    if not draft.monitoring:
        return
    draft.risk_removed = fields.yes_no(row, c.RISK_REMOVED, found)
    since, until = _day(row, c.RISK_SINCE, draft), _day(row, c.RISK_UNTIL, draft)
    if since is None and row[c.RISK_SINCE].blank:
        found.append(finding(c.RISK_SINCE, "risk_date_missing"))
    if draft.risk_removed and until is None and row[c.RISK_UNTIL].blank:
        found.append(finding(c.RISK_UNTIL, "risk_date_missing"))
    if since and until and until < since:
        found.append(finding(c.RISK_UNTIL, "risk_date_order", row[c.RISK_UNTIL].text, f"不早于{since}"))


def _household_of_47(row: Row, draft: Draft) -> None:
    draft.phone = fields.phone(row, c.OWN_PHONE, draft.findings, may_be_empty=True)
    draft.household_phone = fields.phone(row, c.HOUSEHOLD_PHONE, draft.findings)


def _nothing(_row: Row, _draft: Draft) -> None:
    """All of this edition's columns are read with the others."""


def _further_2021(row: Row, draft: Draft) -> None:
    for name in (c.HOUSEHOLD_SINCE, c.PERSON_SINCE):
        _day(row, name, draft)


def _day(row: Row, name: str, draft: Draft) -> date | None:
    day = fields.day(row, name, draft.findings)
    if day is not None:
        draft.more[name] = day.isoformat()
    return day


def _further_47(row: Row, draft: Draft) -> None:
    found = draft.findings
    rules = ("party_alias", "party_not_in_list", "")
    draft.more[c.PARTY] = fields.word(row, c.PARTY, found, words.PARTIES, words.PARTY_WORDS, rules)
    said = {name: fields.yes_no(row, name, found) for name in YES_NO_47}
    draft.more |= {name: words.YES if value else words.NO for name, value in said.items() if value is not None}
    draft.more |= {name: fields.plain(row, name, found) for name in TEXTS_47}
    draft.work_at = draft.more[c.WORK_AT]
    draft.stated_sex = fields.word(
        row, c.SEX, found, words.SEXES, words.SEX_WORDS, ("sex_alias", "sex_not_in_list", "sex_empty")
    )
    draft.stated_birth = fields.day(row, c.BORN, found)
    rules = ("card_alias", "card_not_in_list", "card_empty")
    draft.more[c.CARD_TYPE] = fields.word(row, c.CARD_TYPE, found, words.CARDS, words.CARD_WORDS, rules)
    draft.more = {name: value for name, value in draft.more.items() if value}
    rural, urban = said[c.MEDICAL_RURAL], said[c.MEDICAL_EMPLOYED]
    if rural is not None and rural == urban:
        found.append(finding(c.MEDICAL_EMPLOYED, "insurance_both_alike", words.YES if urban else words.NO))


_CAUSE: Shared = (c.CAUSE, lambda member: member.cause or "")
EDITION_2016 = Edition(
    FORM_2016,
    "2016–2018年版（27列）",
    words.A,
    _of_2016,
    _nothing,
    (
        (c.STATUS, lambda member: member.status),
        (c.ATTRIBUTE, lambda member: member.attribute or ""),
        _CAUSE,
    ),
)
EDITION_2021 = Edition(
    FORM_2021,
    "2021–2022年版（32列）",
    words.B,
    _of_2021,
    _further_2021,
    (
        (c.HOUSEHOLD_TYPE, lambda member: member.attribute or ""),
        (c.MONITORING, lambda member: member.monitoring),
        _CAUSE,
    ),
    learns=True,
    day=c.DATA_DATE,
)
EDITION_47 = Edition(
    FORM_47,
    "2021年人口信息表（47列）",
    words.B,
    _household_of_47,
    _further_47,
    (),
    states_poverty=False,
    learns=True,
    day=c.YEAR,
)
EDITIONS = (EDITION_2016, EDITION_2021, EDITION_47)
BY_FORM = {edition.columns.form: edition for edition in EDITIONS}
