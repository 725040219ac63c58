"""Settings of the API, from the environment."""

from datetime import UTC, datetime
from pathlib import Path

from pydantic import AwareDatetime, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from include.domain.errors import SettingInvalid

HERE = Path(__file__).resolve().parent


class ApiSettings(BaseSettings):
    """Where the summaries lie, how fresh they must be, and where the built guide is."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, populate_by_name=True)

    grid_store: str = Field(default="", description="`s3://bucket/prefix`, or the path of a folder.")
    cache_ttl_seconds: float = Field(default=30, gt=0, description="Seconds between two looks at the store.")
    on_request: bool = Field(
        default=False,
        validation_alias="GRID_REFRESH_ON_REQUEST",
        description="`true` on Lambda, where nothing runs between two requests: the store is looked at on a request.",
    )
    public_bulk: bool = Field(default=False, description="`true` hands out the Parquet files at `/api/files`.")
    grid_guide: Path = Field(default=HERE.parent / "site", description="Folder of the built guide.")
    grid_now: AwareDatetime | None = Field(default=None, description="Fixes the clock, for replays and tests.")

    def clock(self) -> datetime:
        """The present instant, or the fixed one."""
        return self.grid_now or datetime.now(UTC)

    def location(self) -> str:
        """The store's address; SettingInvalid when it is not set."""
        if not self.grid_store:
            raise SettingInvalid("GRID_STORE: not set; allowed: s3://bucket/prefix, or the path of a folder")
        return self.grid_store


def load_settings() -> ApiSettings:
    """The settings of this process; SettingInvalid names the first that is wrong."""
    try:
        return ApiSettings()
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        described = (ApiSettings.model_fields[name].description or "").rstrip(".")
        raise SettingInvalid.of(name.upper(), first["input"], f"{described} ({first['msg']})") from None
