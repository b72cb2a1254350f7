"""Settings of the registry's processes, read from REGISTRY_… when a composition root makes one."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from libs.service.settings import SealingSettings


class KeptExits(BaseModel):
    """A unit that keeps the exit by household itself, from a day on (to a day), by these figures and this source."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    unit: str = Field(pattern="^[0-9]{12}$")
    first: date
    last: date | None = None
    notice_days: int = Field(5, ge=1, le=60)
    counted: Literal["calendar", "working"] = "calendar"
    aftercare_months: int = Field(12, ge=0, le=60)
    township_share: int = Field(20, ge=0, le=100)
    county_share: int = Field(10, ge=0, le=100)
    source: str = Field(min_length=1, max_length=200)


class RegistrySettings(SealingSettings):
    """What the registry needs besides what every service needs."""

    model_config = SettingsConfigDict(env_prefix="REGISTRY_", extra="ignore", frozen=True)

    training_dsn: SecretStr = SecretStr("")
    """Where training's `published` may be read by its feed role, for a worker of the registry's own."""
    publish_wait: float = Field(60.0, gt=0)
    """Seconds an import waits for its last facts to be published before it answers without their number."""
    keep_until: date | None = None
    """No woman's data are erased before this day, set for an audit or an archive; none: no such duty."""
    exits: tuple[KeptExits, ...] = ()
    """Units that keep the exit by household themselves (JSON, docs/how-to/exits.md); none: the office's word is all."""
    rights_days: int = Field(15, ge=1, le=60)
    """Working days within which a request of a woman about her own data is answered."""
    retention_seconds: float = Field(86_400.0, ge=0)
    """Seconds between two looks for kept files whose time is over; 0: only by `jinguo retention`."""
    duplicate_seconds: float = Field(30.0, ge=0)
    """Seconds between two scans for likely duplicates of whoever is new or changed; 0: only when asked for."""
    income_high_fen: int = Field(5_000_000, ge=1)
    """Yearly income per head, in fen, above which an assessment is doubted (a warning, never a refusal)."""
