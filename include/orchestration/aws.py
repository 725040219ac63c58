"""How tasks reach AWS: by the Connection that people see under Admin, Connections, or by boto3's own settings."""

from typing import TYPE_CHECKING, Any

from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException

from include.storage.location import is_s3, open_store

if TYPE_CHECKING:
    from botocore.config import Config

    from include.settings import Settings
    from include.storage.object_store import ObjectStore


def open_deployment_store(settings: "Settings") -> "ObjectStore":
    """The store of this deployment.

    A bucket is reached by the Connection `aws_conn_id` where there is one: its keys, region, endpoint and the role to
    assume, whose credentials are renewed while the task goes on. Without it boto3's own settings hold.
    """
    if not is_s3(settings.store) or not has_connection(settings.aws_conn_id):
        return open_store(settings.store)
    from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook  # noqa: PLC0415  a folder needs nothing of AWS

    from include.storage.s3 import CONFIG, S3Access  # noqa: PLC0415

    hook = AwsBaseHook(aws_conn_id=settings.aws_conn_id, client_type="s3")
    session = hook.get_session()
    # Not the hook's own client: to name itself to AWS it looks through all of Airflow's providers, in every task.
    client = session.client(
        "s3", endpoint_url=hook.conn_config.get_service_endpoint_url("s3"), config=CONFIG, verify=hook.verify
    )
    return open_store(settings.store, access=S3Access(client=client, session=session))


def sns_hook(settings: "Settings", *, config: "Config") -> Any:
    """Airflow's hook for SNS, by the same Connection."""
    from airflow.providers.amazon.aws.hooks.sns import SnsHook  # noqa: PLC0415  DAG files are parsed without boto3

    return SnsHook(aws_conn_id=settings.aws_conn_id, config=config)


def is_at_aws(store: "ObjectStore") -> bool:
    """Whether the store is a bucket at AWS itself, which has a console: no folder and no other server."""
    from include.storage.s3 import S3Store  # noqa: PLC0415

    return isinstance(store, S3Store) and store.is_at_aws


def has_connection(conn_id: str) -> bool:
    """Whether there is a Connection of this id."""
    try:
        Connection.get(conn_id)
    except AirflowNotFoundException:
        return False
    return True
