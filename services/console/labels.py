"""Chinese words for the codes that services answer with; templates translate them."""

from typing import Final

from services import SERVICES

STATUS: Final = {
    "not_exited": "未脱贫",
    "pre_exit": "预脱贫",
    "exited": "已脱贫",
    "returned": "返贫",
    "monitored": "监测对象",
    "left": "已离开",
}
GROUP: Final = {
    "girl": "16 岁以下女童",
    "pupil": "在校生或两后生",
    "able_adult": "有劳动能力的成年妇女",
    "adult_without_labour": "无劳动能力的成年妇女",
    "elder": "老年妇女",
}
MEASURE: Final = {"training": "技能培训", "employment": "结业后就业", "outreach": "宣传发动"}
SOURCE: Final = SERVICES
ROLE: Final = {
    "system-admin": "系统管理员",
    "security-admin": "安全管理员",
    "auditor": "审计员",
    "owner": "系统所有者",
    "admin": "管理员",  # in events older than the three administrators
    "federation": "妇联",
    "cadre": "基层干部",
    "reader": "查阅",
    "partner": "合作单位",
    "service": "系统",
}
AREA: Final = SERVICES | {"screening": "妇女两癌检查"}
FIELD_CLASS: Final = {
    "reference": "编号（不含姓名）",
    "place": "地区",
    "identity": "身份（掩码）",
    "contact": "联系方式（掩码）",
    "poverty": "贫困状况",
    "likeness": "疑似重复的两份档案",
    "measure": "帮扶措施",
    "figures": "汇总数字",
    "import": "导入结果",
}
STANDING: Final = {"in_force": "有效", "not_yet": "未生效", "over": "已到期", "closed": "已终止"}
PURPOSE: Final = {
    "visit": "走访",
    "checking": "核实",
    "correction": "更正",
    "handover": "移交",
    "aid": "救助",
    "notice": "公示",
    "other": "其他",
}
ENTRY: Final = {
    "registered": "建档立卡登记",
    "changed": "登记信息变更",
    "monitored": "列为监测对象",
    "missing": "全量名册中没有她",
    "kept": "核实仍在本地",
    "left": "离开（死亡、婚出、迁出或剔除）",
    "rejoined": "回来",
    "division_changed": "区划变更",
    "code_changed": "人编号或证件号码变更",
    "exited": "脱贫",
    "returned": "返贫",
    "attended": "参加培训",
    "followed_up": "结业后回访",
    "reached": "参加宣传活动",
    "reach_withdrawn": "不在活动名单上",
    "withdrawn": "培训记录撤销",
    "merged": "档案合并",
    "unmerged": "撤销合并",
    "consent_changed": "同意的给予或撤回",
    "restricted": "限制处理",
    "restriction_lifted": "解除限制处理",
    "erased": "信息已删除",
}
MOVEMENT: Final = {
    "identified": "新识别",
    "born": "出生",
    "married_in": "婚入",
    "moved_in": "迁入",
    "moved": "迁移",
    "died": "死亡",
    "married_out": "婚出",
    "moved_out": "迁出",
    "deregistered": "剔除",
    "correction": "更正",
}
WAITLIST: Final = {
    "waiting": "排队中",
    "offered": "有空位，等她答复",
    "accepted": "已答应，正在报名",
    "seated": "已入班",
    "declined": "不来",
    "lapsed": "逾期未答复",
    "refused": "答应了，但未能入班",
    "left": "已退出候补",
    "passed": "候补已转到合并后的档案",
}
COURSE_REASON: Final = {
    "weather": "天气或灾害",
    "too_few": "报名人数不足",
    "trainer": "师资安排",
    "venue": "场地原因",
    "farming": "农忙",
    "health": "疫情等公共卫生事件",
    "funds": "经费原因",
    "arrangement": "举办单位安排调整",
    "not_held": "未实际举办",
    "wrong_entry": "登记有误",
}
SESSION: Final = {"planned": "待举办", "held": "已举办", "cancelled": "已取消"}
SEAT_PROBLEM: Final = {
    "cancelled": "培训班已取消",
    "training.course_cancelled": "培训班已取消",
    "training.course_finished": "培训班已结束",
    "training.course_full": "名额已满",
    "training.already_enrolled": "她已在本班",
    "erased": "个人信息已删除",
    "merged": "档案合并，保留较前的一个候补",
    "seated": "她已在本班",
    "gone": "她已不在册（死亡、婚出、迁出或剔除）",
}
DIVISION_CHANGE: Final = {
    "rename": "更名",
    "recode": "代码变更",
    "county_to_district": "撤县设区",
    "county_to_city": "撤县设市",
    "split": "拆分",
    "merge": "合并",
    "transfer": "划转",
    "abolish": "撤销",
    "establish": "设立",
}
LEVEL: Final = {
    "nation": "全国",
    "province": "省级",
    "prefecture": "地级",
    "county": "县级",
    "township": "乡级",
    "village": "村级",
}
UNEXPLAINED: Final = {"vanished": "不再列出", "appeared": "新列出", "renamed": "改了名"}
MATCH: Final = {
    "near_id": "证件号码相近",
    "name_and_village_only": "只有姓名和村",
    "exact": "证件号码一致",
    "exact_after_normalising": "证件号码一致（已规范）",
    "id_exact_name_differs": "证件号码一致，姓名不同",
}
DOUBT: Final = {
    "id_one_digit_wrong": "错一位数字",
    "id_two_digits_swapped": "两位数字颠倒",
    "id_empty": "没有证件号码",
    "name_differs": "姓名不同",
    "signed_by_other": "只有代签",
}
CHANGE: Final = {
    "new_household": "新增户",
    "new_person": "新增人口",
    "moved_village": "换村",
    "moved_in_township": "换乡镇",
    "household_split": "分户",
    "household_changed": "换户",
    "head_changed": "成为户主",
    "name_corrected": "姓名更正",
    "id_corrected": "证件号码更正",
    "exited": "脱贫",
    "returned": "返贫",
    "back": "回来",
    "details": "其他信息",
}
MONITORING: Final = {"unstable": "脱贫不稳定户", "marginal": "边缘易致贫户", "sudden": "突发严重困难户"}
GONE: Final = {
    "died": "死亡",
    "married_out": "婚出",
    "moved_out": "迁出",
    "deregistered": "剔除",
}
OUTCOME: Final = {
    "accepted": "已接受",
    "changed": "有变化",
    "unchanged": "无变化",
    "refused": "已拒绝",
    "skipped": "跳过",
    "enrolled": "已登记",
    "waiting": "待确认",
    "not_in_register": "不在登记册",
    "not_a_woman": "非妇女",
    "repeated": "重复",
    "passed": "已转所属单位",
    "not_attended": "未参训",
}
SEVERITY: Final = {"error": "错误", "warning": "警告", "accepted": "已自动更正"}
JOB: Final = {
    "queued": "排队中",
    "running": "进行中",
    "succeeded": "完成",
    "failed": "失败",
    "cancelled": "已取消",
    "interrupted": "已中断",
}
TOTAL: Final = {
    **CHANGE,
    "missing": "名册未列",
    "rows": "行",
    "households": "户",
    "persons": "人口",
    "women": "女性",
    "accepted": "接受",
    "changed": "变更",
    "unchanged": "无变化",
    "refused": "拒绝",
    "warnings": "警告",
    "women_matched": "已匹配妇女",
    "waiting": "待确认",
    "not_in_register": "不在登记册",
    "not_a_woman": "非妇女",
    "repeated": "重复",
    "passed": "已转所属单位",
    "not_attended": "未参训",
}
VERSION: Final = {"beside": "正在旁边重建", "previous": "旧版，留作退回", "stale": "旧版，已不能退回"}
FINDING: Final = {
    "forked": "已停止：来源的日志变了",
    "hole": "等待缺失的记录",
    "stopped": "出错停下",
    "parked": "有搁置的事件",
    "paused": "已暂停",
    "late": "落后",
    "write_transaction": "有一直没有结束的写事务，其中的事件还不能读到",
    "snapshot": "有程序占着太旧的快照，处理会越来越慢",
}
NEXT: Final = {
    "forked": "把来源和这里从同一个备份恢复",
    "hole": "会自动再取；若一直如此，看手册“出了问题时”",
    "stopped": "会自动再试；若一直如此，看手册“出了问题时”",
    "parked": "在服务器上运行 jinguo parked list",
    "paused": "可以继续时运行 jinguo consumer resume",
    "late": "正在导入就等待，否则重新启动",
    "write_transaction": "运行 jinguo doctor，结束它指出的程序",
    "snapshot": "运行 jinguo doctor，结束它指出的程序",
}
READER: Final = {"projection": "读模型", "publisher": "发布", "process": "流程", "consumer": "接收"}
PASSWORD: Final = {
    "length": "密码应为 10 至 128 个字符。",
    "username": "密码不能是用户名，也不能包含用户名。",
    "common": "这个密码太常见，容易被猜到。",
    "repeated": "密码不能只由一两个字符重复组成。",
    "same": "新密码不能与旧密码相同。",
}
EXIT_STEP: Final = {
    "proposed": "已提出",
    "checked": "村级已核实",
    "agreed": "农户已同意",
    "noticed": "公示中",
    "notice_ended": "公示期满",
    "township_checked": "乡镇已核查",
    "monitored": "已脱贫，跟踪中",
    "closed": "跟踪期满",
    "declined": "农户不同意",
    "refused": "未通过",
    "withdrawn": "已撤回",
    "overtaken": "已中止",
    "returned": "返贫",
}
EXIT_ACTION: Final = {
    "check": "登记村级核实",
    "agree": "登记农户意见",
    "notice": "开始公示",
    "object": "登记异议",
    "interrupt": "公示中断，重新公示",
    "township_check": "登记乡镇核查",
    "confirm": "公告脱贫",
    "refuse": "不予通过",
    "withdraw": "撤回",
    "return": "登记返贫",
}
EXIT_FIELD: Final = {
    "on": "日期",
    "first": "公示起始日",
    "until": "截止日（延长或无法推算时填）",
    "reason": "理由",
    "by": "异议人",
    "text": "异议内容",
    "kind": "原因类别",
    "valid": "返贫时间",
}
EXIT_REFUSAL: Final = {
    "public_salary": "有财政供养人员",
    "village_cadre": "村委会干部",
    "second_home_or_car": "有商品房或非生产用车",
    "shop": "经营商铺",
    "line_not_met": "未达标",
    "objection_upheld": "异议成立",
    "other": "其他",
}
EXIT_ENDED: Final = EXIT_REFUSAL | {
    "office": "扶贫办已登记脱贫",
    "erased": "户内登记的妇女信息已删除",
    "merged": "户内登记的妇女已并入他户",
    "left": "户内登记的妇女已离开",
    "process": "本单位登记",
    "poverty_office": "扶贫办通报",
    "register": "建档立卡名册",
}
EXIT_SOURCE: Final = {"process": "本单位登记", "poverty_office": "扶贫办通报", "register": "建档立卡名册"}
EXIT_EVENT: Final = {
    "exit-proposed": "提出脱贫",
    "exit-checked": "村级核实",
    "household-agreed": "农户同意",
    "household-declined": "农户不同意",
    "notice-started": "开始公示",
    "notice-interrupted": "公示中断",
    "notice-ended": "公示期满",
    "objection-lodged": "收到异议",
    "objection-decided": "处理异议",
    "township-checked": "乡镇核查",
    "exit-confirmed": "公告脱贫",
    "exit-closed": "跟踪期满",
    "exit-refused": "不予通过",
    "exit-withdrawn": "撤回",
    "exit-overtaken": "程序中止",
    "household-returned": "返贫",
    "exit-recoded": "村的代码变更",
    "difference-found": "与扶贫办不一致",
    "difference-settled": "不一致已处理",
    "difference-gone": "双方已一致",
}
CRITERION: Final = {
    "income_source": "有稳定收入来源",
    "housing": "住房安全",
    "medical_insurance": "全员参加医保",
    "schooling": "无因贫辍学",
    "road": "通路",
    "water": "饮水安全",
    "electricity": "通电",
    "television": "有电视",
    "income": "人均纯收入超过标准",
}
SIGN: Final = {
    "same_name": "姓名相同",
    "same_sound": "姓名同音",
    "id_one_digit": "证件号码只差一位",
    "id_two_swapped": "证件号码相邻两位对调",
    "same_birth_date": "出生日期相同",
    "same_birth_year": "出生年相同",
    "birth_year_near": "出生年相差一年",
    "same_household": "同一户",
    "same_village": "同村",
    "same_township": "同乡镇",
    "same_county": "同县",
    "id_claimed": "申请更正的证件号码属另一份",
}
STRENGTH: Final = {"strong": "很可能", "medium": "可能", "weak": "较弱"}
PAIR: Final = {
    "waiting": "待定",
    "open": "待定",
    "proposed": "一方已表示意见",
    "disputed": "两方意见不一",
    "same": "同一人，已合并",
    "different": "不是同一人",
    "closed": "已关闭",
}
VERDICT: Final = {"same": "同一人", "different": "不是同一人"}
PAIR_CLOSED: Final = {
    "no_longer_alike": "资料改了，两份不再相像",
    "merged": "其中一份已并入别的档案",
    "erased": "其中一人的信息已依法删除",
}
SIDE: Final = {"one": "档案一", "other": "档案二"}
LABOUR: Final = {
    "ordinary": "普通劳动力",
    "skilled": "技能劳动力",
    "weak": "弱劳动力或半劳动力",
    "lost": "丧失劳动力",
    "none": "无劳动力",
    "unknown": "不详",
}
