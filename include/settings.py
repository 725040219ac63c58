"""Settings, read when asked.

From GRID_… variables; on Amazon MWAA from AIRFLOW__GRID__…, which its configuration options `grid.…` become.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import Field, HttpUrl, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from include.domain.errors import SettingInvalid
from include.domain.readings import Feed

PREFIX = "GRID_"
MWAA_PREFIX = "AIRFLOW__GRID__"


class Settings(BaseSettings):
    """Everything that differs between two deployments."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    store: str = Field(description="Where readings lie: `s3://bucket/prefix`, or the path of a folder.")
    feed: Feed = Field(
        default=Feed.EIRGRID,
        description="Where the numbers come from: `eirgrid`, or a stand-in's `simulated` or `recorded`.",
    )
    contact: str = Field(
        default="",
        description="Who runs this: an e-mail address or URL for the User-Agent. Required for `eirgrid`.",
    )
    upstream: HttpUrl | None = Field(
        default=None, description="Base URL of a stand-in upstream. Required for every feed but `eirgrid`."
    )
    max_concurrency: int = Field(
        default=6,
        ge=2,
        le=64,
        description="Most units of a source that ask upstream at once, in the whole deployment: the slots of its two"
        " Pools together, two thirds of them for live runs.",
    )
    request_timeout: float = Field(default=30.0, gt=0, le=300, description="Seconds to wait for upstream.")
    max_retries: int = Field(default=5, ge=0, le=20, description="Retries of one request.")
    unit_deadline: float = Field(
        default=300.0,
        gt=0,
        le=540,
        description="Seconds after which a unit, with all its requests, retries and other interfaces, is given up.",
    )
    request_spacing: float = Field(
        default=0.2, ge=0, le=60, description="Seconds between two requests of a task to one host."
    )
    days_back: int = Field(default=1, ge=0, le=31, description="Days a live run looks back: 1 is yesterday and today.")
    gap_days: int = Field(
        default=31, ge=1, le=366, description="Irish days, today included, that the daily gap check looks at."
    )
    max_backfills_per_run: int = Field(
        default=50, ge=1, le=1000, description="Most repairs, each a DagRun, that one gap check triggers."
    )
    max_attempts: int = Field(
        default=5,
        ge=2,
        le=100,
        description="Identical answers of upstream, over at least three days, after which a missing day is given up.",
    )
    alert_topic: str = Field(
        default="",
        pattern=r"^(arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]+)?$",
        description="ARN of the SNS topic that is told of incidents. Absent: nobody is told.",
    )
    aws_conn_id: str = Field(
        default="aws_default",
        min_length=1,
        max_length=250,
        description="Airflow Connection by which tasks reach S3 and SNS: keys, region, endpoint, role to assume. Where"
        " there is none of this name, boto3's own settings hold.",
    )
    site: str = Field(
        default="",
        pattern=r"^(https?://\S+)?$",
        description="Address of the API, the dashboard and the guide, such as https://grid.example.org, for links in"
        " Airflow and in alerts. Absent: no links.",
    )
    csv_folder: str | None = Field(
        default=None,
        description="Folder of CSV files and the `source.yaml` that describes them. Switches `csv_folder` on.",
    )
    now: datetime | None = Field(
        default=None,
        description="An instant with its offset, such as 2026-11-22T20:00:00Z, that fixes the clock for replays and"
        " tests. Absent: the machine's clock.",
    )

    @field_validator("store")
    @classmethod
    def _named(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("empty")
        return value.strip()

    @field_validator("contact")
    @classmethod
    def _fits_a_header(cls, value: str) -> str:
        contact = value.strip()
        if not (contact.isascii() and contact.isprintable()):
            raise ValueError("one line of ASCII")
        return contact

    @field_validator("now")
    @classmethod
    def _aware(cls, value: datetime | None) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("an instant with its offset, such as 2026-11-22T20:00:00Z")
        return value.astimezone(UTC) if value else None

    @model_validator(mode="after")
    def _feed_has_what_it_needs(self) -> "Settings":
        if self.feed is Feed.EIRGRID and self.upstream is not None:
            raise SettingInvalid.of(
                "GRID_UPSTREAM",
                str(self.upstream),
                "no value with GRID_FEED=eirgrid: EirGrid's own hosts are asked",
            )
        if self.feed is not Feed.EIRGRID and self.upstream is None:
            raise SettingInvalid.of("GRID_UPSTREAM", None, f"the base URL of the stand-in that serves {self.feed} data")
        return self

    def require_contact(self) -> str:
        """The contact for the User-Agent, or SettingInvalid: EirGrid is never asked anonymously."""
        if self.feed is Feed.EIRGRID and not ("@" in self.contact or "://" in self.contact):
            raise SettingInvalid.of(
                "GRID_CONTACT",
                self.contact,
                "an e-mail address or URL of whoever runs this; it is sent in the User-Agent",
            )
        return self.contact

    @property
    def live_slots(self) -> int:
        """Slots of a source's Pool for what runs every quarter of an hour."""
        return max(1, self.max_concurrency * 2 // 3)

    @property
    def repair_slots(self) -> int:
        """Slots of a source's Pool for backfills and repairs."""
        return self.max_concurrency - self.live_slots

    def pools(self, source_id: str) -> dict[str, int]:
        """Airflow's Pools for a source, and their slots."""
        return {live_pool(source_id): self.live_slots, repair_pool(source_id): self.repair_slots}

    def clock(self) -> datetime:
        """The present instant, or the fixed one."""
        return self.now or datetime.now(UTC)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  pydantic's signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """GRID_… before AIRFLOW__GRID__…."""
        return init_settings, env_settings, EnvSettingsSource(settings_cls, env_prefix=MWAA_PREFIX)


def live_pool(source_id: str) -> str:
    """Name of the Pool for what runs every quarter of an hour."""
    return f"{source_id}_live"


def repair_pool(source_id: str) -> str:
    """Name of the Pool for backfills and repairs."""
    return f"{source_id}_repair"


def read_setting(name: str, environment: Mapping[str, str]) -> str | None:
    """One setting as text, for where a DAG file is parsed; None when it is absent or empty."""
    for prefix in (PREFIX, MWAA_PREFIX):
        value = environment.get(f"{prefix}{name.upper()}", "").strip()
        if value:
            return value
    return None


def load_settings(**given: Any) -> Settings:
    """The settings of this process; SettingInvalid names the first that is absent or wrong."""
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        described = (Settings.model_fields[name].description or "").rstrip(".")
        if first["type"] == "missing":
            raise SettingInvalid(f"{PREFIX}{name.upper()}: not set; allowed: {described}") from None
        raise SettingInvalid.of(f"{PREFIX}{name.upper()}", first["input"], f"{described} ({first['msg']})") from None
