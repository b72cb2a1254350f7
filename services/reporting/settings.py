"""Settings of a reporting process of its own, read from the environment with the prefix REPORTING_."""

from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from libs.service.settings import ServiceSettings


class ReportingSettings(ServiceSettings):
    """Besides what every service has: where the publishers' `published` may be read."""

    model_config = SettingsConfigDict(env_prefix="REPORTING_", extra="ignore", frozen=True)

    registry_dsn: SecretStr = SecretStr("")
    training_dsn: SecretStr = SecretStr("")
    outreach_dsn: SecretStr = SecretStr("")

    @property
    def sources(self) -> dict[str, str]:
        """Publisher → DSN, of those that are set."""
        named = {"registry": self.registry_dsn, "training": self.training_dsn, "outreach": self.outreach_dsn}
        return {source: dsn.get_secret_value() for source, dsn in named.items() if dsn.get_secret_value()}
