"""Settings of the registry's processes, read from REGISTRY_… when a composition root makes one."""

from datetime import date

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from libs.service.settings import SealingSettings


class RegistrySettings(SealingSettings):
    """What the registry needs besides what every service needs."""

    model_config = SettingsConfigDict(env_prefix="REGISTRY_", extra="ignore", frozen=True)

    publish_wait: float = Field(60.0, gt=0)
    """Seconds an import waits for its last facts to be published before it answers without their number."""
    keep_until: date | None = None
    """No woman's data are erased before this day, set for an audit or an archive; none: no such duty."""
    duplicate_seconds: float = Field(30.0, ge=0)
    """Seconds between two scans for likely duplicates of whoever is new or changed; 0: only when asked for."""
