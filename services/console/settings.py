"""Settings of the console."""

from pathlib import Path

from pydantic_settings import SettingsConfigDict

from libs.service.settings import MEGABYTE, ServiceSettings


class ConsoleSettings(ServiceSettings):
    """Read from the environment by the composition root; `https` when a proxy in front of it ends TLS."""

    model_config = SettingsConfigDict(env_prefix="CONSOLE_", extra="ignore", frozen=True)

    https: bool = False
    body_limit: int = 501 * MEGABYTE
    signing_key: Path = Path("/run/secrets/signing_key")
    """The issuer's key, for a console in a process of its own."""
    access_key: Path = Path("/run/secrets/access_key")
    """32 bytes that seal second factors, for a console in a process of its own."""
    services_url: str = "http://127.0.0.1:8000"
    """Where the services answer, for a console in a process of its own."""
