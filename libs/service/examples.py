"""An example of a JSON schema, made from what the schema says itself: its own examples first, else the field's terms.

No name, id or phone in an example is anybody's.
"""

from collections.abc import Mapping
from typing import Any, Final

Schema = Mapping[str, Any]

_BY_FORMAT: Final[Mapping[str, Any]] = {
    "uuid": "0190c2c0-7f00-7000-8000-000000000001",
    "date": "2016-12-31",
    "time": "09:00:00",
    "date-time": "2016-12-31T08:00:00+08:00",
    "password": "********",
}
_BY_NAME: Final[Mapping[str, Any]] = {
    "division": "522634000000",
    "code": "522634000000",
    "unit": "522634000000",
    "parent": "522600000000",
    "division_name": "雷山县",
    "name": "杨**",
    "resident_id": "522***********0026",
    "phone": "139****0026",
    "status": "not_exited",
    "valid": "2016-12-31",
    "title": "苗绣培训班",
    "trade": "苗绣",
    "organiser": "雷山县妇联",
    "place": "西江镇",
    "username": "leishan",
    "birth_year": 1980,
}


def example_of(schema: Schema, schemas: Mapping[str, Schema], name: str = "") -> Any:
    """A value of this schema; `schemas` are the document's components, `name` that of the property."""
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].rpartition("/")[2]], schemas, name)
    for word in ("const", "example"):
        if word in schema:
            return schema[word]
    for word in ("examples", "enum"):
        if schema.get(word):
            return schema[word][0]
    if schema.get("default") is not None:
        return schema["default"]
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema:
            return example_of(next(each for each in schema[word] if each.get("type") != "null"), schemas, name)
    return _of_type(schema, schemas, name)


def _of_type(schema: Schema, schemas: Mapping[str, Schema], name: str) -> Any:
    match schema.get("type"):
        case "object":
            return _object(schema, schemas)
        case "array":
            return [example_of(schema.get("items", {}), schemas, name)]
        case "string":
            return _text(schema, name)
        case "integer" | "number":
            return _BY_NAME[name] if isinstance(_BY_NAME.get(name), int) else max(1, int(schema.get("minimum", 1)))
        case "boolean":
            return False
        case _:
            return {} if not schema.get("type") else None


def _object(schema: Schema, schemas: Mapping[str, Schema]) -> dict[str, Any]:
    found = {name: example_of(inner, schemas, name) for name, inner in schema.get("properties", {}).items()}
    more = schema.get("additionalProperties")
    if not found and isinstance(more, Mapping):
        found = {"training": example_of(more, schemas)}
    return found


def _text(schema: Schema, name: str) -> str:
    if schema.get("format") in _BY_FORMAT:
        return str(_BY_FORMAT[schema["format"]])
    if "{12}" in schema.get("pattern", ""):
        return str(_BY_NAME["division"])
    return str(_BY_NAME.get(name, name or "text"))[: schema.get("maxLength", 100)]
