"""The AWS services that a deployment speaks to."""

from dataclasses import dataclass
from typing import Any, Self

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from deploy.refused import Refused


@dataclass(frozen=True)
class Aws:
    """Clients of one region. Endpoints and credentials are boto3's own settings."""

    region: str
    cloudformation: Any
    s3: Any
    mwaa: Any
    sts: Any

    @classmethod
    def of(cls, region: str) -> Self:
        """The clients of a region."""
        session = boto3.Session(region_name=region)
        return cls(region, *(session.client(name) for name in ("cloudformation", "s3", "mwaa", "sts")))

    def account(self) -> str:
        """The account that the credentials are of; Refused when there are none that work."""
        try:
            found: str = self.sts.get_caller_identity()["Account"]
        except (BotoCoreError, ClientError) as error:
            raise Refused(f"AWS does not know who asks: {error}; set AWS_PROFILE, or AWS_* variables") from error
        return found
