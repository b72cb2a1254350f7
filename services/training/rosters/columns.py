"""The columns of training rosters by their words, and what is written into the cells of a sign-in sheet."""

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

Mark = Literal["present", "half", "absent", "leave", "by_other", "unknown"]

KNOWN_MARKS: Final = "到：√ ✓ ● 1 是 出勤；半天：半；未到：空 0 × 缺；请假：请假；代签：代"
_PRESENT = frozenset(
    {"√", "✓", "✔", "☑", "v", "V", "●", "○", "O", "到", "已到", "出勤", "出席", "是", "1", "TRUE", "全天"}
)
_HALF = frozenset({"半", "半天", "半日", "0.5", "1/2", "½", "1⁄2", "◐", "◑"})
_ABSENT = frozenset(
    {"", "×", "✗", "✘", "x", "X", "缺", "缺勤", "缺席", "旷课", "未到", "/", "-", "—", "否", "0", "FALSE"}
)
_LEAVE = frozenset({"请假", "假", "事假", "病假", "公假"})


def mark_of(text: str, name: str) -> Mark:
    """√ or her own name: present; 代: another person signed; empty or a word for it: absent."""
    word = folded(text)
    if word in _PRESENT or (word and word == folded(name)):
        return "present"
    if "代" in word:
        return "by_other"
    for mark, words in _OTHERS:
        if word in words:
            return mark
    return "unknown"


_OTHERS: Final[tuple[tuple[Mark, frozenset[str]], ...]] = (("half", _HALF), ("leave", _LEAVE), ("absent", _ABSENT))
