"""Chinese words for what measures say: activities, and what comes after a course; `labels` has all others."""

from typing import Final

TOPIC: Final = {
    "policy": "政策宣传",
    "role_models": "典型引领",
    "self_reliance": "自强自立",
    "screening": "两癌防治（健康与美丽同行）",
    "rights": "维权普法",
    "other": "其他",
}
PHASE: Final = {"planned": "已计划", "held": "已举办", "reported": "已报告", "cancelled": "已撤销"}
CANCELLED: Final = {"called_off": "没有举办", "mistake": "登记有误"}
COUNT: Final = {
    "sessions": "场次",
    "attendances": "参加人次",
    "women_attendances": "妇女人次",
    "registered_attendances": "建档立卡妇女人次",
    "materials": "发放资料（份）",
}
CERTIFICATE: Final = {"training": "培训合格证", "vocational": "职业资格证书", "special_skill": "专项能力证书"}
FOLLOW_UP_RESULT: Final = {
    "employed": "已就业",
    "self_employed": "自主创业",
    "none": "未就业",
    "not_reached": "未联系上",
}
EMPLOYER: Final = {
    "enterprise": "企业",
    "cooperative": "合作社",
    "workshop": "扶贫车间",
    "public_post": "公益性岗位",
    "household": "家庭或个体户",
    "other": "其他",
}
WORK_PLACE: Final = {"in_county": "县内", "in_province": "县外省内", "elsewhere": "省外"}
