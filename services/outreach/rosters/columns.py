"""The columns of the publicity statistics sheet (宣传活动统计表) by their words."""

from typing import Final

from libs.rosters.columns import Column, ColumnSet

PLACE: Final = "乡镇"
DAY: Final = "活动日期"
TITLE: Final = "活动名称"
FORM: Final = "活动形式"
SESSIONS: Final = "场次"
ATTENDANCES: Final = "参加人次"
WOMEN: Final = "其中：妇女人次"
REGISTERED: Final = "其中：建档立卡妇女人次"
MATERIALS: Final = "发放资料（份）"

PUBLICITY: Final = ColumnSet(
    "publicity",
    (
        Column(PLACE, ("乡镇（街道）", "乡(镇)", "开展乡镇", "地点"), required=False),
        Column(DAY, ("日期", "活动时间", "时间", "开展时间")),
        Column(TITLE, ("宣传活动名称", "活动主题", "宣传主题", "活动内容")),
        Column(FORM, ("形式", "宣传形式"), required=False),
        Column(SESSIONS, ("活动场次", "场次（场）", "次数"), required=False),
        Column(ATTENDANCES, ("参与人次", "参加活动人次", "覆盖人次", "人次")),
        Column(WOMEN, ("妇女人次", "其中妇女人次", "女性人次")),
        Column(REGISTERED, ("建档立卡妇女人次", "其中：贫困妇女人次", "贫困妇女人次", "其中建档立卡妇女人次")),
        Column(MATERIALS, ("发放资料", "发放宣传资料（份）", "资料份数"), required=False),
    ),
)
