"""Settings every service process shares; `services/<x>/settings.py` subclasses with its own `env_prefix`."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

MEGABYTE = 1024 * 1024


class ServiceSettings(BaseSettings):
    """Read from the environment when a composition root makes one, never at import."""

    model_config = SettingsConfigDict(env_prefix="JINGUO_", extra="ignore", frozen=True)

    dsn: SecretStr = SecretStr("")
    """The service's own database."""
    keys_dsn: SecretStr = SecretStr("")
    """The database of the persons' keys."""
    public_keys: Path | None = None
    """File with the issuer's public keys (`GET /access/v1/keys`), for processes without the signing key."""
    public_keys_url: str = ""
    """The same from an address, followed while the keys rotate."""
    issuer: str = "jinguo"
    issuers: Path | None = None
    """File with the other issuers that are trusted (docs/how-to/identity.md)."""
    cursor_secret: SecretStr = SecretStr("")
    """Signs page cursors; empty: one per process, so cursors end with it. Set the same in all replicas."""
    audit_key: SecretStr = SecretStr("")
    """64 hex digits that sign checkpoints of the audit trail; empty: the trail is chained, and signed by nobody."""
    audit_folder: Path | None = None
    """Where signed checkpoints lie besides the database, a file a service; best on another machine's disk."""
    audit_days: int = Field(365, ge=180)
    """How long audit entries are kept; the law asks for 180 days."""
    language: str = Field("zh", pattern="^(zh|en)$")
    body_limit: int = Field(MEGABYTE, gt=0)
    """Bytes of one ordinary request."""
    file_limit: int = Field(500 * MEGABYTE, gt=0)
    """Bytes of one uploaded file."""
    body_seconds: float = Field(30.0, gt=0)
    """Seconds in which a body must come, and a second more for every 16 KB of it; else 408."""
    answer_seconds: float = Field(90.0, gt=0)
    """Seconds in which an answer must begin once the body is there; else 503, and what was begun is rolled back."""
    count_seconds: float = Field(2.0, gt=0)
    """Seconds the database may count for `?count=exact`; over it the list is answered without its count."""
    rate_quota: int = Field(1200, ge=0)
    """Requests that one client may send with one scope in `rate_window` seconds; 0: not counted."""
    address_quota: int = Field(300, ge=0)
    """Requests without a good token from one address (IPv6: /64) in `rate_window` seconds; 0: not counted."""
    rate_window: float = Field(60.0, gt=0)
    temp_folder: Path | None = None
    """Where uploads wait while they are read; default: the system's."""
    docs: bool = False
    """Whether `/docs` shows the OpenAPI page."""
    otlp_endpoint: str = ""
    """Where traces go; also read from OTEL_EXPORTER_OTLP_ENDPOINT; empty: tracing is off."""
    lag_limit: float = Field(60.0, gt=0)
    """Seconds a reader may be behind before it counts as late."""
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)


class SealingSettings(ServiceSettings):
    """Of a service that seals personal values."""

    master_key: SecretStr = SecretStr("")
    """64 hex digits that wrap the persons' keys; never kept beside them."""
