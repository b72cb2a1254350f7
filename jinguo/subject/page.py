"""The export as a page a person can read: in Chinese, one file, nothing loaded from elsewhere."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from services import SERVICES

FIELDS = {
    "name": "姓名", "resident_id": "证件号码", "phone": "联系电话", "code": "编号", "hamlet": "自然村",
    "details": "其他登记项", "reason": "原因", "woman_id": "人员标识", "household_id": "户标识", "division": "行政区划",
    "birth_year": "出生年", "status": "脱贫属性", "as_of": "数据截止日", "labour": "劳动技能", "in_school": "在校",
    "head": "户主", "relation": "与户主关系", "days": "参训天数", "village": "村", "certificate": "证书",
}  # fmt: skip
STYLE = """
body{font-family:sans-serif;max-width:60em;margin:2em auto;padding:0 1em;line-height:1.5}
table{border-collapse:collapse;width:100%;margin:.5em 0}td,th{border:1px solid #999;padding:.2em .5em;text-align:left;
vertical-align:top;overflow-wrap:anywhere}th{width:14em}
"""


def page(found: Mapping[str, Any]) -> str:
    """The whole page; every value is escaped."""
    parts = [f"<h1>个人信息副本</h1><p>导出时间：{escape(found['made_at'])}；人员标识：{escape(found['woman_id'])}"]
    parts.append("。依据《个人信息保护法》第四十五条提供。含个人信息，请妥善保管。</p>")
    for service, held in found["services"].items():
        parts.append(f"<h2>{SERVICES[service]}</h2>")
        parts += [_event(event) for event in held["events"]]
        for table, rows in held["tables"].items():
            parts.append(f"<h3>现存数据：{escape(table)}（{len(rows)}条）</h3>")
            parts += [_table(row) for row in rows]
        parts.append(f"<p>已向其他业务提供（不含姓名、证件号码、电话）：{len(held['published'])}条。</p>")
    parts.append(f"<h2>保存的登记文件中的记录（{len(found['register_files'])}行）</h2>")
    parts += [_table(row["cells"]) for row in found["register_files"]]
    parts.append(f"<h2>近日导入结果中的记录（{len(found['import_results'])}行）</h2>")
    parts += [_table({"结果": answer["row"]}) for answer in found["import_results"]]
    head = f'<meta charset="utf-8"><title>个人信息副本</title><style>{STYLE}</style>'
    return f'<!doctype html><html lang="zh-CN"><head>{head}</head><body>{"".join(parts)}</body></html>\n'


def _event(event: Mapping[str, Any]) -> str:
    by = event["by"]
    head = f"{event['recorded_at'][:10]} {event['type']}（经办：{by['actor']}，单位：{by['unit']}）"
    return f"<h3>{escape(head)}</h3>{_table(event['data'])}"


def _table(values: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<tr><th>{escape(FIELDS.get(name, name))}</th><td>{_value(value)}</td></tr>" for name, value in values.items()
    )
    return f"<table>{rows}</table>"


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return _table(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "<br>".join(_value(each) for each in value)
    return "" if value is None else escape(str(value))
