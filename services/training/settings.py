"""Settings of training's processes, read from TRAINING_… when a composition root makes one."""

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from libs.service.settings import SealingSettings


class TrainingSettings(SealingSettings):
    """What training needs besides what every service needs."""

    model_config = SettingsConfigDict(env_prefix="TRAINING_", extra="ignore", frozen=True)

    publish_wait: float = Field(60.0, gt=0)
    """Seconds an import waits for its last facts to be published before it answers without their number."""
    follow_every: float = Field(5.0, gt=0)
    """Seconds between two looks for what the registry's erasures and merges leave to do: lines, waiting lists."""
    registry_url: str = "http://127.0.0.1:8000"
    """Where the registry answers, for a process of training's own."""
    registry_token: SecretStr = SecretStr("")
    """A service token with the scope registry:resolve, for a process of training's own."""
    registry_dsn: SecretStr = SecretStr("")
    """Where the registry's `published` may be read by its feed role, for a worker of training's own."""
