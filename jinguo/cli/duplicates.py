"""`duplicates list` and `scan`: records that may be one woman, and the search for them."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from jinguo.cli.client import Api, with_api
from jinguo.cli.jobs import run_job
from jinguo.cli.options import Output
from jinguo.cli.output import Format, put, put_items, put_json, say

duplicates = typer.Typer(help="Records that may be one woman.", no_args_is_help=True)
_FIELDS = ("pair_id", "state", "strength", "score", "signs", "one", "other")


class PairState(StrEnum):
    """Which pairs are listed; waiting: nobody has settled them."""

    waiting = "waiting"
    disputed = "disputed"
    same = "same"
    different = "different"
    closed = "closed"


class Strength(StrEnum):
    """How strongly a pair speaks for one woman."""

    strong = "strong"
    medium = "medium"
    weak = "weak"


@duplicates.command("list", epilog="Example: jinguo duplicates list --strength strong")
@with_api
def list_pairs(
    api: Api,
    state: Annotated[PairState, typer.Option("--state", help="Which pairs.")] = PairState.waiting,
    strength: Annotated[Strength | None, typer.Option("--strength", help="Only pairs of this strength.")] = None,
    sign: Annotated[str | None, typer.Option("--sign", help="Only pairs that agree in this, as id_one_digit.")] = None,
    division: Annotated[str | None, typer.Option("--division", help="12-digit code of a unit of yours.")] = None,
    output: Output = Format.text,
) -> None:
    """List pairs, the strongest first; names are masked, and of another unit's record only the unit is told."""
    found = api.all("registry/v1/duplicates", state=state, strength=strength, sign=sign, division=division)
    if output is Format.json:
        put_json({"items": found})
        return
    put_items([{**pair, "one": _words(pair["one"]), "other": _words(pair["other"])} for pair in found], _FIELDS, output)


@duplicates.command("scan", epilog="Example: jinguo duplicates scan --full --division 522634000000")
@with_api
def scan(
    api: Api,
    full: Annotated[bool, typer.Option("--full", help="Look at everybody, not only at who is new or changed.")] = False,
    division: Annotated[str | None, typer.Option("--division", help="12-digit code of a unit of yours.")] = None,
    output: Output = Format.text,
) -> None:
    """Look for likely duplicates now; a scan that was stopped goes on where it was."""
    body = {"full": full, "division": division}
    result = run_job(api, "registry", "registry/v1/duplicates/scans", body, "duplicates")
    if output is Format.json:
        put_json(result)
        return
    put("  ".join(f"{name} {value}" for name, value in result["totals"].items()))
    if result["totals"]["found"]:
        say("To see them: jinguo duplicates list; to decide: the page 疑似重复.")


def _words(record: dict[str, Any]) -> str:
    place = record["division_name"] or record["division"]
    who = (record["name"] or "—") if record["own"] else "(another unit's)"
    return " ".join(str(each) for each in (who, record["birth_year"] or "", place) if each)
