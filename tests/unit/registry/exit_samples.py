"""Commands and histories of an exit by household, for its tests; everybody is invented."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from services.registry.domain.exits import commands as c
from services.registry.domain.exits import events as e
from services.registry.domain.exits.process import exit_process
from services.registry.domain.exits.rules import CRITERIA

PROCESS, HOUSEHOLD, WOMAN, OTHER, OBJECTION = (UUID(int=number) for number in (11, 3, 1, 2, 21))
VILLAGE = "522634103201"
TODAY = date(2017, 3, 1)
FORM = c.Proposal(HOUSEHOLD, VILLAGE, 1, 4, (WOMAN, OTHER), 2016, 320_000, 295_200, dict.fromkeys(CRITERIA))
UNTIL, AFTERCARE = date(2016, 12, 9), date(2017, 12, 20)

PROPOSE = c.ProposeExit(PROCESS, FORM, date(2016, 12, 1), TODAY)
CHECK = c.CheckExit(PROCESS, date(2016, 12, 2), TODAY)
AGREE = c.RecordAnswer(PROCESS, True, date(2016, 12, 3), TODAY)
DECLINE = c.RecordAnswer(PROCESS, False, date(2016, 12, 3), TODAY, "房子还没修好")
HANG_OUT = c.StartNotice(PROCESS, date(2016, 12, 5), UNTIL, "五日", TODAY)
INTERRUPT = c.InterruptNotice(PROCESS, date(2016, 12, 6), TODAY, "公示栏被撕")
END_NOTICE = c.EndNotice(PROCESS, 1, UNTIL)
OBJECT = c.LodgeObjection(PROCESS, OBJECTION, date(2016, 12, 7), TODAY, "龙某", "他家有商铺")
REJECT = c.DecideObjection(PROCESS, OBJECTION, False, date(2016, 12, 8), TODAY, "铺面不是他家的")
UPHOLD = c.DecideObjection(PROCESS, OBJECTION, True, date(2016, 12, 8), TODAY, "属实")
TOWNSHIP = c.CheckAtTownship(PROCESS, True, date(2016, 12, 12), TODAY)
CONFIRM = c.ConfirmExit(PROCESS, False, (WOMAN, OTHER), date(2016, 12, 20), AFTERCARE, TODAY)
CLOSE = c.CloseExit(PROCESS, AFTERCARE)
REFUSE = c.RefuseExit(PROCESS, "public_salary", date(2016, 12, 31), TODAY, "长子在县医院有编制")
WITHDRAW = c.WithdrawExit(PROCESS, date(2016, 12, 31), TODAY, "民主评议有误")
OFFICE_OUT = c.OvertakeExit(PROCESS, "office", "2016-12", "poverty_office")
NOBODY_LEFT = c.OvertakeExit(PROCESS, "erased")
RETURN = c.ReturnHousehold(PROCESS, "2017-02", "process", "主要劳动力患病")
OFFICE_RETURN = c.ReturnHousehold(PROCESS, "2017-02", "poverty_office")
STILL_POOR = c.CompareWithOffice(PROCESS, "not_exited", "2016-12-31", "register")
OUT_TOO = c.CompareWithOffice(PROCESS, "exited", "2017-12-31", "register")
SETTLE = c.SettleDifference(PROCESS, date(2017, 2, 1), TODAY, "已与扶贫办核对")

WAYS: dict[str, tuple[c.Command, ...]] = {
    "nothing": (),
    "proposed": (PROPOSE,),
    "checked": (PROPOSE, CHECK),
    "agreed": (PROPOSE, CHECK, AGREE),
    "noticed": (PROPOSE, CHECK, AGREE, HANG_OUT),
    "notice_ended": (PROPOSE, CHECK, AGREE, HANG_OUT, END_NOTICE),
    "township_checked": (PROPOSE, CHECK, AGREE, HANG_OUT, END_NOTICE, TOWNSHIP),
    "monitored": (PROPOSE, CHECK, AGREE, HANG_OUT, END_NOTICE, TOWNSHIP, CONFIRM),
    "closed": (PROPOSE, CHECK, AGREE, HANG_OUT, END_NOTICE, TOWNSHIP, CONFIRM, CLOSE),
    "returned": (PROPOSE, CHECK, AGREE, HANG_OUT, END_NOTICE, TOWNSHIP, CONFIRM, RETURN),
    "declined": (PROPOSE, CHECK, DECLINE),
    "refused": (PROPOSE, REFUSE),
    "withdrawn": (PROPOSE, WITHDRAW),
    "overtaken": (PROPOSE, OFFICE_OUT),
}
"""How each place is reached."""


def history(*commands: c.Command) -> list[e.Event]:
    """The events of commands that are all taken."""
    events: list[e.Event] = []
    for command in commands:
        state = exit_process.fold(events)
        decided = exit_process.decide(state, command)
        assert decided, f"nothing follows from {command}"
        events += decided
    return events


def at(place: str) -> list[e.Event]:
    """A history that has come to this place."""
    return history(*WAYS[place])


ACTIONS: dict[str, Callable[[], Any]] = {
    "check": lambda: CHECK,
    "agree": lambda: AGREE,
    "notice": lambda: HANG_OUT,
    "interrupt": lambda: INTERRUPT,
    "object": lambda: OBJECT,
    "township_check": lambda: TOWNSHIP,
    "confirm": lambda: CONFIRM,
    "refuse": lambda: REFUSE,
    "withdraw": lambda: WITHDRAW,
    "return": lambda: RETURN,
}
