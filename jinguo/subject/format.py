"""The form of an export as types: what is written is held to them, and the JSON Schema in docs/reference is theirs.

`python -m jinguo.subject.format` prints that schema. A change that a reader of the old form would notice is another
format.
"""

import json
import sys
from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator

from services import SERVICES

Format: TypeAlias = Literal["jinguo.subject-export.v1"]
FORMAT: Format = "jinguo.subject-export.v1"
Reason: TypeAlias = Literal["access_request", "handover", "checking", "authority"]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
Fields = dict[str, Any]
EVERY: Fields = {"required": list(SERVICES), "propertyNames": {"enum": list(SERVICES)}}


class Part(BaseModel):
    """Nothing is left out and nothing is added unsaid."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class By(Part):
    """Who recorded an event, in which role and for which unit, and the date from which it holds."""

    actor: str | None
    role: str | None
    unit: Annotated[str | None, Field(description="12-digit division code")]
    valid: Annotated[str | None, Field(description="a day, month, year or interval; absent: when it was recorded")]


class Event(Part):
    """One event about her; personal values of hers in clear, those of others withheld."""

    position: Annotated[int, Field(ge=1, description="place in the service's log")]
    stream: UUID
    version: Annotated[int, Field(ge=1)]
    type: str
    recorded_at: datetime
    by: By
    data: Fields


class Record(Part):
    """What a service told the others of her: ids, dates and figures only."""

    number: Annotated[int, Field(ge=1)]
    type: str
    at: datetime
    data: Fields


class Held(Part):
    """What one service's database holds about her; `tables`: table → its rows that name her, as column → value."""

    events: list[Event]
    published: list[Record]
    tables: dict[str, list[Fields]]


class FileRow(Part):
    """One of her rows in a register file that is kept: as it was sent (`raw`) or written back (`refused`)."""

    import_: Annotated[UUID, Field(alias="import")]
    file: Literal["raw", "refused"]
    row: Annotated[int | None, Field(description="null: the file could not be read row by row")]
    cells: Annotated[dict[str, str], Field(description="column → text")]


class ImportAnswer(Part):
    """The answer to a row of an import of the last days that quotes her."""

    service: Literal["registry", "training"]
    job: UUID
    kind: str
    row: Fields


class SubjectExport(Part):
    """Everything that is held about one woman (个人信息副本, PIPL art. 45), as `jinguo subject export` writes it."""

    format: Format
    made_at: datetime
    reason: Reason
    woman_id: UUID
    records: Annotated[list[UUID], Field(min_length=1, description="her ids: more than one after a merge")]
    services: Annotated[
        dict[str, Held], Field(description="every service that may hold something", json_schema_extra=EVERY)
    ]
    register_files: list[FileRow]
    import_results: list[ImportAnswer]

    @field_validator("services")
    @classmethod
    def _every(cls, services: dict[str, Held]) -> dict[str, Held]:
        if set(services) != set(SERVICES):
            raise ValueError(f"these are not the services: {', '.join(services)}")
        return services


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the format."""
    return {"$schema": DIALECT, "$id": FORMAT, **SubjectExport.model_json_schema(mode="serialization")}


def schema_text() -> str:
    """The schema as its file in docs/reference holds it."""
    return json.dumps(schema(), ensure_ascii=False, indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
