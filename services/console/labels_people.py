"""Chinese words for what is assessed of people and for their rights; `labels` has all others."""

from typing import Final

CAUSE: Final = (
    "因病", "因残", "因学", "因灾", "缺土地", "缺水", "缺技术", "缺劳力", "缺资金", "交通条件落后", "自身发展动力不足",
    "因婚", "因丧", "其他",
)  # fmt: skip
SKILL: Final = {
    "farming": "种植养殖",
    "rural_tourism": "乡村旅游",
    "domestic_service": "家政服务",
    "handicraft": "手工编织",
    "e_commerce": "农村电商",
    "business_start": "创业",
    "other": "其他",
}
MINDER: Final = {
    "herself": "本人",
    "husband": "丈夫",
    "grandparents": "祖辈",
    "relative": "亲戚",
    "kindergarten": "幼儿园",
    "nobody": "无人",
}
HEALTH: Final = ("健康", "长期慢性病", "患有大病", "残疾")
INCOME_LINE: Final = {
    "operating_fen": "生产经营性收入",
    "wages_fen": "工资性收入",
    "property_fen": "财产性收入",
    "operating_cost_fen": "生产经营性支出",
    "transfers_fen": "转移性收入",
    "subsistence_fen": "低保金",
    "pension_fen": "养老保险金",
    "five_guarantees_fen": "五保金",
    "ecology_fen": "生态补偿金",
    "family_planning_fen": "计划生育金",
    "other_transfer_fen": "其他转移性收入",
    "other_fen": "其他收入",
}
FORMULA: Final = "（经营性+工资性+财产性+转移性+其他−生产经营费用）/人口"
INCOME_SOURCE: Final = {"assessment": "已核算", "register": "名册", "form": "填表", "list": "核算表"}
RIGHTS_PURPOSE: Final = {
    "registration": "建档立卡信息登记",
    "measures": "落实帮扶措施",
    "statistics": "统计",
    "sensitive": "敏感个人信息",
    "publication": "公开姓名或事迹",
    "bank": "提供给银行",
    "health_department": "提供给卫生健康部门",
    "charity": "提供给公益组织",
}
RIGHTS_HOW: Final = {"in_person": "当面", "phone": "电话", "form": "表单", "posted": "村内张贴"}
RIGHTS_BY: Final = {"herself": "本人", "guardian": "监护人", "agent": "代理人"}
RIGHTS_KIND: Final = {"access": "查阅复制", "correction": "更正"}
RIGHTS_FIELD: Final = {
    "name": "姓名",
    "resident_id": "证件号码",
    "phone": "联系电话",
    "relation": "与户主关系",
    "labour": "劳动技能",
}
RIGHTS_STATE: Final = {"open": "待答复", "copied": "已提供", "corrected": "已更正", "refused": "未予同意"}
RIGHTS_GROUND: Final = {
    "accuracy": "本人称不准确，正在核实",
    "unlawful": "违法处理",
    "kept_by_law": "法定保存期未满，暂不能删除",
    "objection": "本人拒绝处理",
}
RIGHTS_EVENT: Final = {
    "woman-informed": "告知",
    "consent-given": "同意",
    "consent-withdrawn": "撤回同意",
    "request-made": "提出申请",
    "copy-given": "交付副本",
    "correction-accepted": "准予更正",
    "request-refused": "未予同意",
    "processing-restricted": "限制处理",
    "restriction-lifted": "解除限制处理",
}
RIGHTS_WORD: Final = {
    "now": "现登记为",
    "wanted": "更正为",
    "evidence": "依据",
    "reason": "理由",
    "receiver": "交给谁",
    "guardian": "监护人姓名",
    "kinship": "与她的关系",
}
