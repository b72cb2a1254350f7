"""Settings of outreach's processes, read from OUTREACH_… when a composition root makes one."""

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from libs.service.settings import SealingSettings


class OutreachSettings(SealingSettings):
    """What outreach needs besides what every service needs."""

    model_config = SettingsConfigDict(env_prefix="OUTREACH_", extra="ignore", frozen=True)

    publish_wait: float = Field(60.0, gt=0)
    """Seconds an import waits for its last facts to be published before it answers without their number."""
    registry_dsn: SecretStr = SecretStr("")
    """Where the registry's `published` may be read by its feed role, for a worker of outreach's own."""
