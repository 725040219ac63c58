"""What one deployment is, from a small YAML file; deploy/example.yaml shows all of it."""

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from deploy.refused import Refused
from include.sources.registry import enabled

KEY_ARN = r"^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$"
EMAIL = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"
LogLevel = Literal["CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG"]
LogDays = Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731]


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Storage(_Group):
    """The two buckets."""

    prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*(/[A-Za-z0-9_-]+)*$")] = "eirgrid"
    """Where the store lies in the bucket of the readings."""
    noncurrent_days: Annotated[int, Field(ge=1, le=3650)] = 14
    """Days that a replaced version is kept."""


class Network(_Group):
    """The VPC."""

    cidr: Annotated[str, Field(pattern=r"^[0-9]{1,3}(\.[0-9]{1,3}){3}/(1[6-9]|2[0-4])$")] = "10.192.0.0/20"
    nat_gateways: Literal[1, 2] = 1

    @field_validator("cidr")
    @classmethod
    def _a_network(cls, value: str) -> str:
        try:
            ip_network(value)
        except ValueError as error:
            raise ValueError(f"got {value!r}; {error}") from None
        return value

    @property
    def subnet_bits(self) -> int:
        """Host bits of a quarter of the VPC."""
        return 32 - int(self.cidr.partition("/")[2]) - 2


class Airflow(_Group):
    """The MWAA environment."""

    environment_class: Literal["mw1.micro", "mw1.small", "mw1.medium", "mw1.large", "mw1.xlarge", "mw1.2xlarge"] = (
        "mw1.small"
    )
    min_workers: Annotated[int, Field(ge=1, le=25)] = 1
    max_workers: Annotated[int, Field(ge=1, le=25)] = 2
    schedulers: Annotated[int, Field(ge=1, le=5)] = 2
    webservers: Annotated[int, Field(ge=1, le=5)] = 2
    max_concurrency: Annotated[int, Field(ge=2, le=64)] = 6
    """GRID_MAX_CONCURRENCY, and with it the slots of the Pools."""
    maintenance_window: Annotated[str, Field(pattern=r"^(MON|TUE|WED|THU|FRI|SAT|SUN):([01][0-9]|2[0-3]):(00|30)$")] = (
        "TUE:10:30"
    )
    task_log_level: LogLevel = "INFO"
    service_log_level: LogLevel = "WARNING"
    history_days: Annotated[int, Field(ge=7, le=730)] = 60
    """Days that Airflow's database keeps runs."""
    unpause: tuple[str, ...] = Field(default=("ingest_eirgrid", "export"), strict=False)
    """DAGs that run from the start."""

    @field_validator("unpause")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        known = ("export", "gapcheck", *(f"ingest_{entry.source_id}" for entry in enabled({})))
        for name in value:
            if name not in known:
                raise ValueError(f"got {name!r}; allowed: {', '.join(known)}")
        return value

    @model_validator(mode="after")
    def _class_and_counts(self) -> Self:
        if self.min_workers > self.max_workers:
            raise ValueError(f"min_workers {self.min_workers} is above max_workers {self.max_workers}")
        micro = self.environment_class == "mw1.micro"
        if micro and self.max_workers != 1:
            raise ValueError("max_workers: 1 with mw1.micro, which has one worker for good")
        for name in ("schedulers", "webservers"):
            if micro != (getattr(self, name) == 1):
                raise ValueError(f"{name}: 1 with mw1.micro, 2 to 5 with every other class")
        return self


class Api(_Group):
    """The Lambda that serves."""

    architecture: Literal["arm64", "x86_64"] = "arm64"
    memory_size: Annotated[int, Field(ge=512, le=10240)] = 1769
    cache_ttl_seconds: Annotated[int, Field(ge=1, le=3600)] = 30
    public_bulk: bool = False
    requests_per_second: Annotated[int, Field(ge=1, le=10000)] = 50
    burst: Annotated[int, Field(ge=1, le=5000)] = 100
    p99_milliseconds: Annotated[int, Field(ge=100, le=30000)] = 3000
    cdn: Literal["none", "cloudfront"] = "none"
    domain_name: Annotated[str, Field(pattern=r"^$|^([a-z0-9-]+\.)+[a-z]{2,}$")] = ""
    certificate_arn: Annotated[
        str, Field(pattern=r"^$|^arn:[a-z-]+:acm:us-east-1:[0-9]{12}:certificate/[a-f0-9-]+$")
    ] = ""

    @model_validator(mode="after")
    def _domain_has_what_it_needs(self) -> Self:
        if self.domain_name and not (self.cdn == "cloudfront" and self.certificate_arn):
            raise ValueError("domain_name needs cdn: cloudfront, and a certificate_arn of us-east-1")
        return self


class Healthcheck(_Group):
    """The independent look at the API."""

    schedule: Annotated[str, Field(pattern=r"^rate\((1 minute|([2-9]|[1-5][0-9]|60) minutes|1 hour)\)$")] = (
        "rate(15 minutes)"
    )
    """At least every hour: after two hours without a look an alarm says that it is silent."""
    staleness_hours: Annotated[float, Field(gt=0, le=744, strict=False)] | None = None
    """Above all thresholds of the catalogue, when given."""


class DeploySettings(_Group):
    """Everything that `make deploy` is told."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,18}[a-z0-9]$")]
    """The start of every name that is made."""
    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]$")]
    contact: Annotated[str, Field(pattern=r"^[!-~]*(@|://)[!-~]+$")]
    """Who runs this, for the User-Agent that EirGrid sees."""
    alert_email: Annotated[str, Field(pattern=EMAIL)] | None = None
    kms_key_arn: Annotated[str, Field(pattern=KEY_ARN)] | None = None
    log_days: LogDays = 30
    storage: Storage = Storage()
    network: Network = Network()
    airflow: Airflow = Airflow()
    api: Api = Api()
    healthcheck: Healthcheck = Healthcheck()


def load(path: Path) -> DeploySettings:
    """The settings of a file; Refused has a line for each mistake."""
    try:
        found: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Refused(f"{path}: no such file; copy deploy/example.yaml and name it: SETTINGS=…") from None
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{path}: cannot be read: {error}") from None
    except yaml.YAMLError as error:
        raise Refused(f"{path}: no YAML: {' '.join(str(error).split())}") from None
    if not isinstance(found, dict):
        raise Refused(f"{path}: got {found!r:.60}; allowed: settings as in deploy/example.yaml")
    try:
        return DeploySettings.model_validate(found)
    except ValidationError as error:
        raise Refused("\n".join(f"{path}: {_told(one)}" for one in error.errors())) from None


def _told(mistake: Any) -> str:
    where = ".".join(str(part) for part in mistake["loc"])
    if mistake["type"] == "missing":
        return f"{where}: not set; it has no default"
    if mistake["type"] == "extra_forbidden":
        return f"{where}: no such setting; deploy/example.yaml has them all"
    reason = mistake["msg"].removeprefix("Value error, ")
    return f"{where}: {reason}" if mistake["type"] == "value_error" else f"{where}: got {mistake['input']!r}; {reason}"
