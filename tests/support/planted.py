"""What the units of the small world plan, hold and send to services that need no more than some requests.

`PLANTED` is what each unit writes by one request: path → body, `{sign}` and `{slug}` being the unit's. A service whose
things need no more than that to be there has a line here.
"""

import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

import httpx
import openpyxl

PLANTED: Final[Mapping[str, Mapping[str, Any]]] = {
    "/outreach/v1/activities": {
        "topic": "policy", "title": "{slug} {sign}", "form": "{sign}", "first_day": "2017-07-03",
        "last_day": "2017-07-03",
    },
}  # fmt: skip


def of(unit: Any) -> list[tuple[str, dict[str, Any]]]:
    """Paths and bodies with the words of one unit in them."""
    return [(path, {name: _said(unit, value) for name, value in body.items()}) for path, body in PLANTED.items()]


async def reach(http: httpx.AsyncClient, women: Sequence[str]) -> None:
    """An activity that was held, with women on its list."""
    path, body = "/outreach/v1/activities", dict(PLANTED["/outreach/v1/activities"]) | {"title": "州里的", "form": ""}
    made = (await http.post(path, json=body)).raise_for_status()
    days, seen = {name: body[name] for name in ("first_day", "last_day")}, {"If-Match": made.headers["ETag"]}
    (await http.post(f"{made.headers['Location']}/holding", json=days, headers=seen)).raise_for_status()
    add = [{"woman_id": woman} for woman in women]
    (await http.post(f"{made.headers['Location']}/women", json={"add": add})).raise_for_status()


def publicity(unit: Any) -> bytes:
    """A sheet of a unit with one activity in it."""
    header = ("序号", "活动日期", "活动名称", "活动形式", "参加人次", "其中：妇女人次", "其中：建档立卡妇女人次")
    made = openpyxl.Workbook()
    assert made.active is not None
    for row in ([f"{unit.slug} 2017年第三季度"], header, (1, "7月4日", f"{unit.sign}的活动", "院坝会", 9, 7, 5)):
        made.active.append(list(row))
    content = io.BytesIO()
    made.save(content)
    return content.getvalue()


def _said(unit: Any, value: Any) -> Any:
    return value.format(sign=unit.sign, slug=unit.slug) if isinstance(value, str) else value
