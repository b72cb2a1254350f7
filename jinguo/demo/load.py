"""Loads the demo data once: divisions, the register, two rosters, three accounts.

Each step may be repeated (the same file twice changes nothing), so a start that is cut off goes on at the next one.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from jinguo.cli.client import Api, Place
from jinguo.cli.errors import Failure
from jinguo.cli.jobs import import_file
from jinguo.folder import DataFolder, write_private

DATA = Path(__file__).parent / "data"
COUNTY = "522634000000"
TOWNSHIP = "522634101000"
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in to the demo."""

    username: str
    name: str
    role: str
    division: str


ACCOUNTS = (
    Account("leishan", "雷山县妇联", "federation", COUNTY),
    Account("xijiang", "西江镇干部", "cadre", TOWNSHIP),
    Account("reader", "雷山县查阅", "reader", COUNTY),
)


def load_demo(folder: DataFolder, url: str, token: str, say: Say) -> None:
    """Load what is not loaded yet, as the command line would."""
    if folder.demo_file.exists():
        return
    api = Api(lambda: Place(url, token, f"jinguo up --data {folder.path} --demo"))
    say("Loading demo data (invented people) …")
    _import(api, "registry", "registry/v1/divisions/imports", "divisions-*.csv", say, edition="2016-07")
    _import(api, "registry", "registry/v1/imports", "register-*-leishan.xlsx", say)
    _import(api, "training", "training/v1/imports", "roster-training*.xlsx", say, unit=COUNTY)
    for account in ACCOUNTS:
        _add(api, account, say)
    write_private(folder.demo_file, json.dumps({"loaded": True}).encode())
    say(f"The demo is loaded: {url} or: jinguo report match --division {COUNTY} --data {folder.path}")


def _import(api: Api, service: str, path: str, pattern: str, say: Say, **query: str) -> None:
    for file in sorted(DATA.glob(pattern)):
        done = import_file(api, service, path, file, **query)
        totals = done.result.get("totals") or {}
        say(f"  {file.name}: {totals.get('rows', 'all')} rows")


def _add(api: Api, account: Account, say: Say) -> None:
    body = {"username": account.username, "name": account.name, "role": account.role, "division": account.division}
    try:
        made = api.post("access/v1/accounts", body)
    except Failure as failure:
        if failure.code != "access.username_taken":
            raise
        return
    say(f"  sign in as `{account.username}` ({account.name}), one-time password: {made['one_time_password']}")
