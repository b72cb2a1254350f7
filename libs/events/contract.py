"""What one service tells another: a frozen, additive record without personal data, published under a number."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from libs.events.meta import Meta

PARTITIONS = 24  # in every size of deployment, for ever; also the count of the Kafka topic


class Contract(BaseModel):
    """Base of published records. `type` is like 'registry.woman-registered.v1'; `topic` is the publisher's name."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    topic: ClassVar[str]
    type: ClassVar[str]


C = TypeVar("C", bound=Contract)
C_co = TypeVar("C_co", bound=Contract, covariant=True)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What publishing returns: `key` orders it, `valid` replaces the valid date of the private event if given."""

    key: UUID
    body: Contract
    valid: str | None = None


@dataclass(frozen=True, slots=True)
class Fact(Generic[C_co]):
    """What a consumer is handed; `previous` is the number before it in the same partition, `at` when recorded."""

    source: str
    log_id: UUID
    number: int
    partition: int
    previous: int
    event_id: UUID
    type: str
    key: UUID
    body: C_co
    meta: Meta
    at: datetime


def by_type(contracts: Iterable[type[Contract]]) -> Mapping[str, type[Contract]]:
    """Contract classes by their published type name."""
    return {contract.type: contract for contract in contracts}
