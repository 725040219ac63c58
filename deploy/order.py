"""The stacks in the order they are made, and what each is told. Each knows only those before it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from deploy.dist import HEALTHCHECK, File, api_key
from deploy.settings import DeploySettings
from deploy.stacks import Spec

TEMPLATES: Final = Path(__file__).resolve().parent / "templates"
ORDER: Final = ("storage", "alerts", "network", "api", "healthcheck", "airflow")
NEED_UPLOADS: Final = ("api", "healthcheck", "airflow")
"""Stacks that name versions of what was uploaded."""
PENDING: Final = "to-be-uploaded"
"""Stands for a version in a preview."""


@dataclass(frozen=True)
class Known:
    """What parameters are made of; it grows as stacks come to be."""

    outputs: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By part, of the stacks that are there."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """By key, of the objects that are there."""
    artefacts: Mapping[str, File] = field(default_factory=dict)


@dataclass(frozen=True)
class Order:
    """The six stacks of a deployment."""

    settings: DeploySettings
    templates: Path = TEMPLATES

    def stack(self, part: str) -> str:
        """The stack's name."""
        return f"{self.settings.name}-{part}"

    def template(self, part: str) -> str:
        """The template's text."""
        return (self.templates / f"{part}.yaml").read_text(encoding="utf-8")

    def spec(self, part: str, known: Known) -> Spec | None:
        """What the stack should be; None while a stack that it builds on is not there."""
        try:
            given: dict[str, Any] = getattr(self, f"_{part}")(known)
        except KeyError:
            return None
        texts = {"Name": self.settings.name, **{key: _text(value) for key, value in given.items()}}
        return Spec(self.stack(part), self.template(part), texts)

    def _storage(self, known: Known) -> dict[str, Any]:  # noqa: ARG002  each part has the same arguments
        return {"NoncurrentDays": self.settings.storage.noncurrent_days, "KmsKeyArn": self.settings.kms_key_arn}

    def _alerts(self, known: Known) -> dict[str, Any]:  # noqa: ARG002
        return {"AlertEmail": self.settings.alert_email, "KmsKeyArn": self.settings.kms_key_arn}

    def _network(self, known: Known) -> dict[str, Any]:  # noqa: ARG002
        network = self.settings.network
        return {"Cidr": network.cidr, "SubnetBits": network.subnet_bits, "NatGateways": network.nat_gateways}

    def _api(self, known: Known) -> dict[str, Any]:
        api = self.settings.api
        file = known.artefacts[api_key(api.architecture)]
        given = {
            **self._shared(known),
            "CodeKey": file.key,
            "CodeSha256": file.base64,
            "StorePrefix": self.settings.storage.prefix,
            "Architecture": api.architecture,
            "MemorySize": api.memory_size,
            "CacheTtlSeconds": api.cache_ttl_seconds,
            "PublicBulk": api.public_bulk,
            "RequestsPerSecond": api.requests_per_second,
            "Burst": api.burst,
            "P99Milliseconds": api.p99_milliseconds,
            "Cdn": api.cdn,
            "DomainName": api.domain_name,
            "CertificateArn": api.certificate_arn,
        }
        # Without the object's version: the same zip uploaded again is no other release.
        told = repr(sorted((key, _text(value)) for key, value in given.items())) + self.template("api")
        release = hashlib.sha256(told.encode()).hexdigest()[:16]
        return given | {"Release": release, "CodeVersion": known.versions.get(file.key, PENDING)}

    def _healthcheck(self, known: Known) -> dict[str, Any]:
        return {
            **self._shared(known),
            "CodeKey": HEALTHCHECK,
            "CodeVersion": known.versions.get(HEALTHCHECK, PENDING),
            "BaseUrl": known.outputs["api"]["BaseUrl"],
            "StalenessHours": self.settings.healthcheck.staleness_hours,
            "Schedule": self.settings.healthcheck.schedule,
        }

    def _airflow(self, known: Known) -> dict[str, Any]:
        airflow = self.settings.airflow
        network = known.outputs["network"]
        return {
            **self._shared(known),
            **{key: network[key] for key in ("VpcId", "SubnetA", "SubnetB")},
            "PluginsVersion": known.versions.get("plugins.zip", PENDING),
            "RequirementsVersion": known.versions.get("requirements.txt", PENDING),
            "StorePrefix": self.settings.storage.prefix,
            "Site": known.outputs["api"]["BaseUrl"],
            "Contact": self.settings.contact,
            "MaxConcurrency": airflow.max_concurrency,
            "EnvironmentClass": airflow.environment_class,
            "MinWorkers": airflow.min_workers,
            "MaxWorkers": airflow.max_workers,
            "Schedulers": airflow.schedulers,
            "Webservers": airflow.webservers,
            "MaintenanceWindow": airflow.maintenance_window,
            "TaskLogLevel": airflow.task_log_level,
            "ServiceLogLevel": airflow.service_log_level,
            "HistoryDays": airflow.history_days,
        }

    def _shared(self, known: Known) -> dict[str, Any]:
        """What all that runs is told."""
        storage = known.outputs["storage"]
        return {
            "CodeBucket": storage["CodeBucketName"],
            "DataBucket": storage["DataBucketName"],
            "TopicArn": known.outputs["alerts"]["TopicArn"],
            "LogDays": self.settings.log_days,
            "KmsKeyArn": self.settings.kms_key_arn,
        }


def _text(value: Any) -> str:
    """A parameter as CloudFormation takes it; nothing is the empty text."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
