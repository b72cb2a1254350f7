"""Outreach over a real database, knowing the units of the sample county and four women of it."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from libs.events.contracts.registry import DivisionItem, DivisionsListed
from tests.support.part_house import COUNTY, MakeDatabase, PartHouse, registered

TOWNSHIPS = {
    "522634100000": "丹江镇", "522634101000": "西江镇", "522634102000": "永乐镇", "522634103000": "郎德镇",
    "522634104000": "大塘镇", "522634200000": "望丰乡", "522634202000": "方祥乡", "522634203000": "达地水族乡",
}  # fmt: skip
DANJIANG, XIJIANG = "522634100000", "522634101000"
HERE, ALSO, THERE, ELSEWHERE = UUID(int=11), UUID(int=12), UUID(int=13), UUID(int=14)
WOMEN = {HERE: "522634100200", ALSO: "522634100201", THERE: "522634101200", ELSEWHERE: "522635100200"}


@pytest.fixture
async def house(make_database: MakeDatabase) -> AsyncIterator[PartHouse]:
    """The service with its read copy of the register."""
    async with PartHouse.open("outreach", make_database) as opened:
        items = (
            DivisionItem(code=COUNTY, name="雷山县", level="county", parent="522600000000"),
            *(DivisionItem(code=c, name=n, level="township", parent=COUNTY) for c, n in TOWNSHIPS.items()),
        )
        await opened.tell(DivisionsListed(edition="2016", parent=COUNTY, divisions=items))
        await opened.tell(*(registered(woman, division) for woman, division in WOMEN.items()))
        yield opened
