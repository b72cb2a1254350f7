"""Code lists of the register and what offices write instead of them: edition A (2014–2017) and B (2018–2021).

Source: code tables of the register's forms, as the field offices' own tools check them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from services.registry.domain.words import Labour, Monitoring, Status

RELATIONS = {
    "户主": None,
    "配偶": None,
    "之子": "male",
    "之女": "female",
    "之儿媳": "female",
    "之女婿": "male",
    "之孙子": "male",
    "之孙女": "female",
    "之外孙子": "male",
    "之外孙女": "female",
    "之父": "male",
    "之母": "female",
    "之岳父": "male",
    "之岳母": "female",
    "之公公": "male",
    "之婆婆": "female",
    "之祖父": "male",
    "之祖母": "female",
    "之外祖父": "male",
    "之外祖母": "female",
    "其他": None,
}
"""Relation to the head → the sex it says, if it says one."""

RELATION_WORDS = {
    "本人": "户主",
    "妻子": "配偶",
    "妻": "配偶",
    "丈夫": "配偶",
    "夫": "配偶",
    "儿子": "之子",
    "子": "之子",
    "长子": "之子",
    "次子": "之子",
    "女儿": "之女",
    "女": "之女",
    "长女": "之女",
    "次女": "之女",
    "儿媳": "之儿媳",
    "女婿": "之女婿",
    "孙子": "之孙子",
    "孙女": "之孙女",
    "外孙": "之外孙子",
    "外孙子": "之外孙子",
    "外孙女": "之外孙女",
    "父亲": "之父",
    "父": "之父",
    "母亲": "之母",
    "母": "之母",
    "岳父": "之岳父",
    "岳母": "之岳母",
    "公公": "之公公",
    "婆婆": "之婆婆",
    "爷爷": "之祖父",
    "奶奶": "之祖母",
    "外公": "之外祖父",
    "外婆": "之外祖母",
}
HEAD, SPOUSE, OTHER = "户主", "配偶", "其他"
CHILDREN = frozenset({"之子", "之女"})

_ETHNIC = """
汉 蒙古 回 藏 维吾尔 苗 彝 壮 布依 朝鲜 满 侗 瑶 白 土家 哈尼 哈萨克 傣 黎 傈僳 佤 畲 高山 拉祜 水 东乡 纳西 景颇
柯尔克孜 土 达斡尔 仫佬 羌 布朗 撒拉 毛南 仡佬 锡伯 阿昌 普米 塔吉克 怒 乌孜别克 俄罗斯 鄂温克 德昂 保安 裕固 京 塔塔尔
独龙 鄂伦春 赫哲 门巴 珞巴 基诺
"""
ETHNIC_GROUPS = frozenset((*(f"{name}族" for name in _ETHNIC.split()), "穿青人", "其他"))
EDUCATIONS = frozenset({"文盲或半文盲", "小学", "初中", "高中", "大专及以上", "学龄前儿童"})
EDUCATION_WORDS = {
    "文盲": "文盲或半文盲",
    "半文盲": "文盲或半文盲",
    "文盲半文盲": "文盲或半文盲",
    "文盲或半文盲": "文盲或半文盲",
    "中专": "高中",
    "中职": "高中",
    "大专": "大专及以上",
    "本科": "大专及以上",
    "大学": "大专及以上",
    "学龄前": "学龄前儿童",
}
NOT_IN_SCHOOL, TOO_YOUNG = "非在校生", "学龄前儿童"
SCHOOLS = frozenset(
    (
        NOT_IN_SCHOOL,
        "学前教育",
        "小学",
        "七年级",
        "八年级",
        "九年级",
        *(f"{kind}{year}年级" for kind in ("高中", "中职", "高职") for year in "一二三"),
        "大专及以上",
    )
)
SCHOOL_WORDS = {
    "不在校": NOT_IN_SCHOOL,
    "非在校": NOT_IN_SCHOOL,
    "无": NOT_IN_SCHOOL,
    "初一": "七年级",
    "初二": "八年级",
    "初三": "九年级",
}
HEALTHY = "健康"
HEALTH = (HEALTHY, "长期慢性病", "患有大病", "残疾")
"""In the order in which combined states are stored."""

SKILLS: dict[str, Labour] = {
    "普通劳动力": "ordinary",
    "技能劳动力": "skilled",
    "弱劳动力或半劳动力": "weak",
    "丧失劳动力": "lost",
    "无劳动力": "none",
}
SKILL_WORDS = {
    "有劳动力": "普通劳动力",
    "弱劳动力": "弱劳动力或半劳动力",
    "半劳动力": "弱劳动力或半劳动力",
    "丧失劳动能力": "丧失劳动力",
    "无劳动能力": "无劳动力",
}
UNABLE = frozenset({"lost", "none"})
WORK_PLACES = frozenset({"乡（镇）内", "乡（镇）外县内", "县外省内", "省外", "其他"})
WORK_WORDS = {"乡镇内": "乡（镇）内", "乡镇外县内": "乡（镇）外县内", "省内县外": "县外省内"}
MONITORED = "监测"
"""A household that was never registered as poor and is watched since 2020 lest it becomes so: 一般农户."""

STATUSES: dict[str, Status] = {
    "未脱贫": "not_exited",
    "预脱贫": "pre_exit",
    "脱贫": "exited",
    "返贫": "returned",
}
"""Of edition A, word by word."""

STATUS_WORDS = {"已脱贫": "脱贫", "已经脱贫": "脱贫", "尚未脱贫": "未脱贫", "返贫户": "返贫", "脱贫户": "脱贫"}
ATTRIBUTES = frozenset({"一般贫困户", "低保户", "五保户", "低保贫困户", "低收入农户"})
ATTRIBUTE_WORDS = {
    "一般户": "一般贫困户",
    "一般农户": "一般贫困户",
    "低保": "低保户",
    "五保": "五保户",
    "五保贫困户": "五保户",
}
CAUSES = frozenset(
    {
        "因病",
        "因残",
        "因学",
        "因灾",
        "缺土地",
        "缺水",
        "缺技术",
        "缺劳力",
        "缺资金",
        "交通条件落后",
        "自身发展动力不足",
        "其他",
    }
)
CAUSE_WORDS = {
    "生病": "因病",
    "残疾": "因残",
    "上学": "因学",
    "缺劳动力": "缺劳力",
    "缺少技术": "缺技术",
    "缺少资金": "缺资金",
    "自身发展力不足": "自身发展动力不足",
}
YES, NO = "是", "否"
YES_MARKS = frozenset({"√", "✓", "✔", "Y", "y", "1", "有", "对"})
NO_MARKS = frozenset({"×", "✗", "✘", "X", "x", "N", "n", "0", "无", "不是"})


@dataclass(frozen=True, slots=True)
class Words:
    """The lists that differ between editions; `at_home` are the school states of who does not go to school."""

    relations: Mapping[str, str | None]
    educations: frozenset[str]
    education_words: Mapping[str, str]
    schools: frozenset[str]
    school_words: Mapping[str, str]
    at_home: frozenset[str]
    causes: frozenset[str]


A = Words(RELATIONS, EDUCATIONS, EDUCATION_WORDS, SCHOOLS, SCHOOL_WORDS, frozenset({NOT_IN_SCHOOL}), CAUSES)
_FURTHER = ("之兄弟姐妹", "之曾孙子", "之曾孙女", "之侄儿", "之侄女", "之兄弟媳妇", "之叔伯")
_SEX_SAID = {
    "之曾孙子": "male",
    "之曾孙女": "female",
    "之侄儿": "male",
    "之侄女": "female",
    "之兄弟媳妇": "female",
    "之叔伯": "male",
}
_YEARS = "一二三四五"
_SCHOOLS_B = (("普通高中", 3), ("中职", 3), ("高职高专", 3), ("技师学院", 4), ("本科", 5))
B = Words(
    RELATIONS | {word: _SEX_SAID.get(word) for word in _FURTHER},
    frozenset({"文盲或半文盲", "小学", "初中", "高中", "大专", "本科及以上"}),
    {"文盲": "文盲或半文盲", "半文盲": "文盲或半文盲", "文盲半文盲": "文盲或半文盲", "中专": "高中", "中职": "高中",
     "本科": "本科及以上", "大学": "本科及以上", "硕士": "本科及以上", "研究生": "本科及以上"},
    frozenset(
        (
            TOO_YOUNG,
            "学前教育",
            "小学",
            "七年级",
            "八年级",
            "九年级",
            *(f"{kind}{year}年级" for kind, most in _SCHOOLS_B for year in _YEARS[:most]),
            "硕士研究生及以上",
        )
    ),
    {"初一": "七年级", "初二": "八年级", "初三": "九年级", "学龄前": TOO_YOUNG}
    | {f"高中{year}年级": f"普通高中{year}年级" for year in "一二三"}
    | {f"高职{year}年级": f"高职高专{year}年级" for year in "一二三"}
    | {f"高{year}": f"普通高中{year}年级" for year in "一二三"}
    | {f"大{year}": f"本科{year}年级" for year in "一二三四"},
    frozenset({"", TOO_YOUNG}),
    CAUSES | {"因婚", "因丧"},
)  # fmt: skip
HOUSEHOLD_TYPES: dict[str, Status] = {
    "一般脱贫户": "exited",
    "低保脱贫户": "exited",
    "特困供养脱贫户": "exited",
    "一般农户": "monitored",
}
HOUSEHOLD_TYPE_WORDS = {
    "脱贫户": "一般脱贫户",
    "一般脱贫": "一般脱贫户",
    "低保脱贫": "低保脱贫户",
    "特困脱贫户": "特困供养脱贫户",
    "农户": "一般农户",
}
UNSTABLE, MARGINAL, SUDDEN = "脱贫不稳定户", "边缘易致贫户", "突发严重困难户"
MONITORINGS: dict[str, Monitoring] = {UNSTABLE: "unstable", MARGINAL: "marginal", SUDDEN: "sudden"}
MONITORING_WORDS = {
    "脱贫不稳定": UNSTABLE,
    "边缘户": MARGINAL,
    "边缘易致贫": MARGINAL,
    "突发困难户": SUDDEN,
    "突发严重困难": SUDDEN,
}
PARTIES = frozenset({"中共党员", "中共预备党员", "共青团员", "群众"})
PARTY_WORDS = {"党员": "中共党员", "预备党员": "中共预备党员", "团员": "共青团员"}
SEXES = {"男": "male", "女": "female"}
SEX_WORDS = {"男性": "男", "女性": "女"}
CARDS = frozenset({"居民身份证", "残疾人证"})
CARD_WORDS = {"身份证": "居民身份证", "公民身份号码": "居民身份证", "残疾证": "残疾人证", "残疾号码": "残疾人证"}
STATED: dict[Status, str] = {"exited": "脱贫", "not_exited": "未脱贫", "monitored": MONITORED}
"""What an importer may say of the households of a table that does not state it."""
