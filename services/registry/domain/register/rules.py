"""Every rule of a register import: code, severity and where the rule comes from; no finding without an entry here.

`error` refuses the row, `warning` takes it in and lists it for the office, `accepted` was put right without loss.
"""

from dataclasses import dataclass

from libs.rosters.findings import Finding, Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; `text` says it to a person."""

    code: str
    severity: Severity
    text: str
    source: str


_FORM = "建档立卡信息采集表填写说明"
_QC = "建档立卡数据质量核查规则"
_ID = "GB 11643-1999 公民身份号码"
_SHEET = "电子表格读取约定"
_MONITORED = "防止返贫监测和帮扶的指导意见（国开发〔2020〕6号）"
_PLACES = "统计用区划代码和城乡划分代码"

_ERRORS = (
    ("ragged_row", "本行的列数与表头不符", _SHEET),
    ("formula_in_identity", "编号和姓名不能是公式", _SHEET),
    ("county_empty", "县不能为空", _FORM),
    ("county_unknown", "没有这个县", _PLACES),
    ("county_other", "本行不属于本表的县", _PLACES),
    ("township_empty", "乡镇不能为空", _FORM),
    ("township_unknown", "该县没有这个乡镇", _PLACES),
    ("village_empty", "行政村不能为空", _FORM),
    ("village_unknown", "该乡镇没有这个行政村", _PLACES),
    ("village_other_township", "该村属于另一个乡镇", _PLACES),
    ("outside_unit", "不在导入单位的辖区内", "按辖区授权"),
    ("household_code_empty", "户编号不能为空", _FORM),
    ("household_too_large", "同一户编号的行过多，不像一户，请核对户编号", "数据校验约定"),
    ("household_no_head", "户内没有户主", f"{_QC} 7"),
    ("household_two_heads", "户内有两个户主", f"{_QC} 5"),
    ("person_code_duplicate", "人编号重复", _QC),
    ("name_empty", "姓名不能为空", _FORM),
    ("name_length", "姓名最多50个字", _FORM),
    ("text_bad_character", "含有控制符或改变书写方向的字符", _FORM),
    ("id_empty", "证件号码不能为空", _FORM),
    ("id_length", "证件号码应为18位（残疾人证20或22位）", _ID),
    ("id_bad_date", "证件号码中的出生日期不存在", _ID),
    ("id_birth_future", "证件号码中的出生日期晚于今天", _ID),
    ("id_birth_too_old", "证件号码中的出生年份早于1900年", f"{_QC} 1"),
    ("id_checksum", "证件号码校验位不符", f"{_ID}；{_QC} 1"),
    ("id_letter_for_digit", "证件号码中以字母代替了数字", _ID),
    ("id_bad_character", "证件号码含有不允许的字符", _ID),
    ("id_float_text", "证件号码成了科学计数法，已丢失数字，请把该列设为文本后重填", _SHEET),
    ("id_number_cell", "证件号码是数值格，已丢失末几位，请把该列设为文本后重填", _SHEET),
    ("id_duplicate", "证件号码与另一行相同（比较前18位）", f"{_QC} 2"),
    ("id_changed", "人编号已登记在另一证件号码名下，须人工确认", _QC),
    ("village_ended", "该村已撤销或拆分，须填写现在的村", "区划变更"),
    ("former_id_unclear", "证件号码是登记妇女更正前的号码，或现属另一人，须人工确认", "更正决定"),
    ("person_erased", "该人信息已依法删除，不再登记", "个人信息保护法 第四十七条"),
    ("status_empty", "脱贫属性不能为空", _FORM),
    ("household_type_empty", "户类型不能为空", _FORM),
    ("household_type_not_in_list", "户类型应为一般脱贫户、低保脱贫户、特困供养脱贫户或一般农户", f"{_QC} 12"),
    ("status_not_in_list", "脱贫属性应为未脱贫、预脱贫、脱贫或返贫", f"{_QC} 12"),
)
_WARNINGS = (
    ("formula_text", "以公式符号开头的文字只存为文本", _SHEET),
    ("formula_without_value", "公式没有存下结果", _SHEET),
    ("date_cell", "此格是日期，不是数", _SHEET),
    ("date_unreadable", "读不出日期", _SHEET),
    ("data_date_differs", "数据日期与本表不一致", _FORM),
    ("education_and_school", "文化程度与在校生状况只填一项", f"{_QC} 4"),
    ("education_or_school", "文化程度与在校生状况须填一项", f"{_QC} 4"),
    ("monitoring_missing", "一般农户须填监测对象类型", _MONITORED),
    ("monitoring_not_in_list", "监测对象类型不在代码表内", _MONITORED),
    ("monitoring_type_conflict", "监测对象类型与户类型矛盾", _MONITORED),
    ("risk_date_missing", "监测对象须填风险识别时间，风险消除的须填消除时间", _MONITORED),
    ("risk_date_order", "风险消除时间早于风险识别时间", _MONITORED),
    ("exited_not_insured", "脱贫户未参加大病保险", f"{_QC} 14"),
    ("insurance_both_alike", "城乡居民与城镇职工基本医疗保险应参加且只参加一种", f"{_QC} 17"),
    ("party_not_in_list", "政治面貌不在代码表内", f"{_QC} 8"),
    ("sex_empty", "性别为空", _FORM),
    ("sex_not_in_list", "性别应为男或女", _FORM),
    ("sex_conflict", "性别与证件号码第17位矛盾", _ID),
    ("birth_conflict", "出生日期与证件号码矛盾", _ID),
    ("card_empty", "证件类型为空", _FORM),
    ("card_not_in_list", "证件类型不在代码表内", _FORM),
    ("no_development_measure", "有劳动能力而未落实产业、就业、公益岗位等开发式帮扶", f"{_QC} 31"),
    ("number_chinese", "数写成了汉字", _SHEET),
    ("number_negative", "不应为负数", _FORM),
    ("number_unreadable", "读不出数", _SHEET),
    ("months_out_of_range", "务工时间应为1至12个月", _FORM),
    ("work_without_months", "有务工状况而无务工时间", f"{_QC} 13"),
    ("months_without_work", "有务工时间而无务工状况", f"{_QC} 13"),
    ("work_skill_conflict", "外出务工而劳动技能为无或丧失", f"{_QC} 30"),
    ("skill_age_conflict", "16至59岁、健康、非在校而无劳动力", f"{_QC} 29"),
    ("sex_relation_conflict", "身份证性别与“与户主关系”矛盾", f"{_QC} 28"),
    ("spouse_same_sex", "配偶与户主性别相同", f"{_QC} 28"),
    ("child_older_than_head", "子女比户主年长", _QC),
    ("household_two_spouses", "户内有两个配偶", f"{_QC} 6"),
    ("household_head_not_first", "户主没有排在第一位", _FORM),
    ("household_size_mismatch", "人数与户内行数不符", _FORM),
    ("household_value_conflict", "与同户其他行的填写不一致，按户内多数", _FORM),
    ("household_code_number", "户编号是数值格，前导零可能已丢失", _SHEET),
    ("person_code_empty", "人编号为空", _FORM),
    ("likely_duplicate", "与另一行疑为同一人：姓名相同，证件号码差一处，或同村同日出生", f"{_QC} 2"),
    ("merged_record", "该记录已并入另一人，以保留的记录为准", "人工合并决定"),
    ("village_followed", "该村已变更，按现在的村登记", "区划变更"),
    ("village_kept", "该村已拆分，仍在现登记的村", "区划变更"),
    ("former_id", "按更正前的证件号码认定，更正后的号码不变", "更正决定"),
    ("older_as_of", "已有更新的数据，较早的数据不覆盖", "数据截止日"),
    ("id_15_digits", "15位旧号已升为18位", _ID),
    ("id_area_unknown", "证件号码前6位从未是县级区划代码", "GB/T 2260 1980–2019各版"),
    ("id_birth_after_as_of", "出生日期晚于数据截止日", _FORM),
    ("relation_not_in_list", "与户主关系不在代码表内", f"{_QC} 3"),
    ("ethnic_empty", "民族为空", _FORM),
    ("ethnic_not_in_list", "民族不在代码表内", "GB/T 3304；建档立卡代码表"),
    ("education_empty", "文化程度为空", _FORM),
    ("education_not_in_list", "文化程度不在代码表内", f"{_QC} 8"),
    ("school_not_in_list", "在校生状况不在代码表内", f"{_QC} 9"),
    ("health_empty", "健康状况为空", f"{_QC} 11"),
    ("health_not_in_list", "健康状况不在代码表内", f"{_QC} 10"),
    ("skill_empty", "劳动技能为空", _FORM),
    ("skill_not_in_list", "劳动技能不在代码表内", f"{_QC} 10"),
    ("work_not_in_list", "务工状况不在代码表内", f"{_QC} 12"),
    ("attribute_empty", "贫困户属性为空", _FORM),
    ("attribute_not_in_list", "贫困户属性不在代码表内", f"{_QC} 12"),
    ("cause_empty", "主要致贫原因为空", f"{_FORM} A3a"),
    ("cause_multiple", "主要致贫原因只能填一项", f"{_FORM} A3a"),
    ("cause_not_in_list", "主要致贫原因不在代码表内", f"{_QC} 12"),
    ("yes_no_empty", "应填是或否", f"{_QC} 16–27"),
    ("yes_no_unreadable", "应填是或否", f"{_QC} 16–27"),
    ("phone_empty", "联系电话为空", f"{_QC} 15"),
    ("phone_length", "联系电话应为11位手机号", f"{_QC} 15"),
    ("phone_landline", "联系电话是固定电话", f"{_QC} 15"),
)
_ACCEPTED = (
    ("blank_row", "空行已跳过", _SHEET),
    ("totals_row", "合计行已跳过", _SHEET),
    ("signature_row", "签字行已跳过", _SHEET),
    ("note_row", "说明行已跳过", _SHEET),
    ("merged_cell", "取合并单元格的值", _SHEET),
    ("formula_cell", "取公式存下的结果，不作计算", _SHEET),
    ("serial_text", "序号是文本", _SHEET),
    ("number_text", "数写成了文本", _SHEET),
    ("number_with_unit", "去掉单位", _SHEET),
    ("number_thousands_text", "去掉千分号", _SHEET),
    ("county_short_name", "县名补全", _PLACES),
    ("township_short_name", "乡镇名补全", _PLACES),
    ("village_suffix", "村名去掉“委会”", _PLACES),
    ("village_short_name", "村名补全", _PLACES),
    ("household_split_blocks", "同户的行不相连，按户编号归户", _FORM),
    ("name_blanks", "去掉姓名两端的空格", _SHEET),
    ("name_inner_space", "去掉姓名中间的空格", _SHEET),
    ("name_invisible_char", "去掉姓名中看不见的字符", _SHEET),
    ("name_middle_dot", "姓名中的间隔号照存", "GB 11643；户籍登记规范"),
    ("name_middle_dot_variant", "间隔号统一为“·”", "户籍登记规范"),
    ("name_rare_character", "生僻字照存", "GB 18030"),
    ("id_invisible_char", "去掉看不见的字符", _SHEET),
    ("id_blanks", "去掉两端的空格", _SHEET),
    ("id_inner_space", "去掉中间的空格", _SHEET),
    ("id_apostrophe", "去掉前面的撇号", _SHEET),
    ("id_fullwidth", "全角改为半角", _SHEET),
    ("id_lowercase_x", "小写x改为大写", _ID),
    ("id_20_chars", "残疾人证号，按前18位比较", "残疾人证编号规则"),
    ("id_22_chars", "补发的残疾人证号，按前18位比较", "残疾人证编号规则"),
    ("id_area_abolished", "证件号码前6位是已撤销的区划，有效", "GB/T 2260 1980–2019各版"),
    ("ethnic_without_zu", "民族补“族”字", "GB/T 3304"),
    ("education_alias", "文化程度按代码表", _FORM),
    ("school_alias", "在校生状况按代码表", _FORM),
    ("health_separator", "健康状况统一用逗号分隔", _FORM),
    ("health_order", "健康状况统一次序", _FORM),
    ("skill_alias", "劳动技能按代码表", _FORM),
    ("work_alias", "务工状况按代码表", _FORM),
    ("exit_alias", "脱贫属性按代码表", _FORM),
    ("household_type_alias", "户类型按代码表", _FORM),
    ("monitoring_alias", "监测对象类型按代码表", _MONITORED),
    ("party_alias", "政治面貌按代码表", _FORM),
    ("sex_alias", "性别按代码表", _FORM),
    ("card_alias", "证件类型按代码表", _FORM),
    ("attribute_alias", "贫困户属性按代码表", _FORM),
    ("cause_alias", "主要致贫原因按代码表", _FORM),
    ("yes_no_mark", "符号改为是或否", _FORM),
    ("phone_number_cell", "电话是数值格", _SHEET),
    ("phone_separators", "去掉电话中的分隔符", _SHEET),
)
_KINDS: tuple[tuple[Severity, tuple[tuple[str, str, str], ...]], ...] = (
    ("error", _ERRORS),
    ("warning", _WARNINGS),
    ("accepted", _ACCEPTED),
)
RULES = {code: Rule(code, severity, text, source) for severity, entries in _KINDS for code, text, source in entries}


def finding(column: str, code: str, value: str = "", right: str = "") -> Finding:
    """A finding with the severity its rule has; KeyError for a code without a rule."""
    return Finding(column, code, RULES[code].severity, value, right)


def refusing(column: str, code: str, value: str = "", right: str = "") -> Finding:
    """The same rule where it refuses the row: a formula in a name cannot be stored as the name."""
    return Finding(column, RULES[code].code, "error", value, right)


def sentence(code: str, right: str) -> str:
    """What is said beside a cell: the rule, and the right form where there is one."""
    return f"{RULES[code].text}（{right}）" if right else RULES[code].text
