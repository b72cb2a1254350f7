"""`report match` and `woman show`: the figures, and the person behind one of them."""

from typing import Annotated, Any

import typer

from jinguo.cli.client import Api, with_api
from jinguo.cli.options import Output
from jinguo.cli.output import Format, TableFormat, chinese, put, put_csv, put_json, put_table

report = typer.Typer(help="The figures.", no_args_is_help=True)
woman = typer.Typer(help="One woman and her timeline.", no_args_is_help=True)

# As many as a terminal shows; csv and json have the other target groups as well.
_HEADINGS = (  # key, English, Chinese
    ("name", "Unit", "单位"),
    ("households", "Households", "户数"),
    ("population", "Women", "女性人口"),
    ("exited", "Exited", "已脱贫"),
    ("not_exited", "Not exited", "未脱贫"),
    ("baseline_exited", "Exited before", "登记时已脱贫"),
    ("lifted", "Lifted", "脱贫"),
    ("returned", "Returned", "返贫"),
    ("matched", "Matched", "已匹配"),
    ("matched_exited", "of exited", "其中已脱贫"),
    ("matched_not_exited", "of not exited", "其中未脱贫"),
    ("unmatched", "Unmatched", "未匹配"),
    ("able_adults", "Able adults", "有劳力成年"),
    ("unmatched_able_adults", "Unmatched able", "未匹配有劳力"),
    ("monitored", "Watched besides", "另有监测对象"),
    ("training.women", "Trained", "培训(人)"),
    ("training.attendances", "Attendances", "人次"),
    ("training.days", "Days", "人天"),
    ("training.classes", "Classes", "期"),
)
_KEYS = (
    "division", "name", "households", "population", "exited", "not_exited", "baseline_exited", "lifted", "returned",
    "matched", "matched_exited", "matched_not_exited", "unmatched", "able_adults", "unmatched_able_adults",
    "adults_without_labour", "unmatched_adults_without_labour", "pupils", "unmatched_pupils", "girls",
    "unmatched_girls", "elders", "unmatched_elders", "monitored",
)  # fmt: skip


@report.command("match", epilog="Example: jinguo report match --division 522634000000 --format csv")
@with_api
def match(
    api: Api,
    division: Annotated[str, typer.Option("--division", help="12-digit code of the unit; its children are the rows.")],
    output: Annotated[TableFormat, typer.Option("--format", help="table for people, json and csv for programs.")] = (
        TableFormat.table
    ),
    as_known: Annotated[int | None, typer.Option("--as-known", help="The figures as known at this number.")] = None,
) -> None:
    """Per child unit: people, matched, unmatched, trained (人, 人次, 人天), lifted."""
    answer = api.get("reporting/v1/reports/match", division=division, as_known=as_known)
    if output is TableFormat.json:
        put_json({name: answer[name] for name in ("division", "name", "as_known", "rows", "total")})
        return
    rows = [flat(row) for row in (*answer["rows"], answer["total"])]
    if output is TableFormat.csv:
        measures = [name for name in rows[-1] if "." in name]
        put_csv([*_KEYS, *measures], rows)
        return
    headings = [zh if chinese() else en for _, en, zh in _HEADINGS]
    put(f"{answer['name']} {answer['division']}, as known at {answer['as_known']}")
    put_table(headings, [[row.get(key) for key, _, _ in _HEADINGS] for row in rows], total=True)


def flat(row: dict[str, Any]) -> dict[str, Any]:
    """A row with its measures as columns `training.women` and so on."""
    plain = {name: value for name, value in row.items() if name != "measures"}
    for measure, figures in (row.get("measures") or {}).items():
        plain |= {f"{measure}.{name}": value for name, value in figures.items()}
    return plain


@woman.command("show", epilog="Example: jinguo woman show 01990000-0000-7000-8000-000000000001 --format json")
@with_api
def show(
    api: Api,
    woman_id: Annotated[str, typer.Argument(help="Her id, as the reports and the page show it.", metavar="WOMAN_ID")],
    output: Output = Format.text,
) -> None:
    """Show a woman's present state and her timeline."""
    person = api.get(f"registry/v1/women/{woman_id}")
    story = api.get(f"reporting/v1/women/{woman_id}")
    if output is Format.json:
        put_json({**person, **story})
        return
    for name, value in {**person, **story}.items():
        if name not in {"timeline", "freshness", "records"} and value is not None:
            put(f"{name.replace('_', ' ')}: {_shown(value)}")
    headings = ("recorded", "valid", "kind", "source", "unit", "actor")
    rows = [[_shown(entry.get(name)) for name in headings] for entry in story["timeline"]]
    put_table(headings, rows, figures_from=len(headings))


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(_shown(item) for item in value)
    if isinstance(value, dict):
        return str(value.get("title") or value.get("kind") or value)
    return "" if value is None else str(value)
