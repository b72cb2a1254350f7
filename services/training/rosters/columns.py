"""The columns of training rosters by their words, and what is written into the cells of a sign-in sheet."""

import re
from typing import Final, Literal

from libs.rosters.columns import Column, ColumnSet
from libs.values.texts import folded

NAME: Final = "姓名"
ID: Final = "身份证号码"
SEX: Final = "性别"
ADDRESS: Final = "家庭住址"
TRADE: Final = "培训工种"
DAYS: Final = "出勤天数"
RESULT: Final = "考核结果"
CERTIFICATE: Final = "证书编号"

ROSTER: Final = ColumnSet(
    "training",
    (
        Column(NAME, ("学员姓名", "参训人员姓名", "参训人姓名")),
        Column(ID, ("身份证号", "身份证", "证件号码", "公民身份号码", "居民身份证号码")),
        Column(SEX, (), required=False),
        Column(ADDRESS, ("所在村组", "住址", "家庭地址", "详细地址", "所在村", "村组"), required=False),
        Column(TRADE, ("培训项目", "培训专业", "工种"), required=False),
        Column(DAYS, ("出勤", "出勤情况（天）", "参训天数", "实际出勤天数"), required=False),
        Column(RESULT, ("考核成绩", "考试结果", "鉴定结果"), required=False),
        Column(CERTIFICATE, ("证书号", "合格证书编号", "证书号码"), required=False),
    ),
)

Mark = Literal["present", "absent", "by_other", "unknown"]

_DAY = re.compile(
    r"(?:(?P<year>[0-9]{4})[年./-])?(?P<month>[0-9]{1,2})[月./-](?P<day>[0-9]{1,2})日?(?:[(]?[周星期一二三四五六日]*[)]?)?"
)
_PRESENT = frozenset({"√", "✓", "✔", "☑", "v", "V", "到", "已到", "出勤", "是", "1", "○", "O"})
_ABSENT = frozenset({"", "×", "✗", "x", "X", "缺", "缺勤", "未到", "请假", "假", "/", "-", "—", "否", "0"})


def day_header(text: str) -> tuple[int | None, int, int] | None:
    """Year (if written), month and day of a date header such as 9月4日; None for any other header."""
    found = _DAY.fullmatch(folded(text))
    if found is None:
        return None
    month, day = int(found["month"]), int(found["day"])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return (int(found["year"]) if found["year"] else None), month, day


def mark_of(text: str, name: str) -> Mark:
    """√ or her own name: present; 代: another person signed; empty or a word for it: absent."""
    word = folded(text)
    if word in _PRESENT or (word and word == folded(name)):
        return "present"
    if "代" in word:
        return "by_other"
    return "absent" if word in _ABSENT else "unknown"
