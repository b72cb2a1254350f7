"""Code lists of the 2014–2017 edition (policy paper §1.3) and what offices write instead of them."""

from services.registry.domain.words import Labour, Status

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
NOT_IN_SCHOOL = "非在校生"
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
STATUSES: dict[str, Status] = {
    "未脱贫": "not_exited",
    "预脱贫": "pre_exit",
    "脱贫": "exited",
    "返贫": "returned",
}
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
