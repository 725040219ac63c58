"""What the stacks make, looked at in moto's account; and the health check, run as its stack configures it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import boto3
import pytest
from botocore.exceptions import ClientError

from deploy.aws import Aws
from deploy.dist import Dist
from deploy.order import ORDER
from deploy.refused import Refused
from dev.ports import free_port
from tests.deploy.cloud import ACCOUNT, CODE, DATA, REGION, ROOT, Deploy, Moto, environment
from tests.deploy.own_calls import resolved
from tests.deploy.templates import NOT_IN_MOTO, load

pytestmark = pytest.mark.server

RUN = "import json, sys, handler; print(json.dumps(handler.handler(json.load(sys.stdin), None)))"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:grid-alerts"


@pytest.fixture
def deployed(deploy: Deploy, made: Dist) -> Dist:
    """A whole deployment; of what `make package` made, where that is of this commit."""
    with suppress(Refused):
        for file in Dist.of(ROOT / "dist", checkout=ROOT).artefacts("arm64"):
            shutil.copy2(file.path, made.folder / file.path.name)
    assert deploy()
    return made


def made_by_cloudformation(part: str) -> set[str]:
    found = boto3.client("cloudformation").describe_stack_resources(StackName=f"grid-{part}")["StackResources"]
    return {one["LogicalResourceId"] for one in found if "LogicalResourceId" in one}


def test_the_stacks_are_made_as_they_are_written(deployed: Dist, aws: Aws, tmp_path: Path, moto: Moto) -> None:
    check_resources()
    check_functions(deployed)
    check_network()
    check_own_calls()
    check_message(aws, tmp_path, moto)


def check_resources() -> None:
    """Every resource that moto's CloudFormation knows, but those of conditions that do not hold."""
    for part in ORDER:
        wanted = {
            name
            for name, one in load(part)["Resources"].items()
            if one["Type"] not in NOT_IN_MOTO and "Condition" not in one
        }
        assert wanted <= made_by_cloudformation(part), part


def check_functions(deployed: Dist) -> None:
    functions = boto3.client("lambda")
    api = functions.get_function(FunctionName="grid-api")["Configuration"]
    assert (api["Handler"], api["Runtime"], api["MemorySize"], api["Timeout"]) == (
        "api.handler.handler",
        "python3.12",
        1769,
        29,
    )
    told = {key: str(value) for key, value in api["Environment"]["Variables"].items()}
    assert told.pop("RELEASE")
    assert told == {
        "GRID_STORE": f"s3://{DATA}/eirgrid",
        "CACHE_TTL_SECONDS": "30",
        "PUBLIC_BULK": "false",
    }
    assert len(functions.list_versions_by_function(FunctionName="grid-api")["Versions"]) == 2
    check = functions.get_function(FunctionName="grid-healthcheck")["Configuration"]
    assert check["CodeSize"] == (deployed.folder / "healthcheck.zip").stat().st_size
    assert check["Environment"]["Variables"] == {
        "BASE_URL": "https://grid.example.org",
        "SNS_TOPIC_ARN": TOPIC,
        "STATE_BUCKET": DATA,
        "STATE_KEY": "health/state.json",
        "GUIDE_URL": "https://grid.example.org/guide",
        "METRIC_NAMESPACE": "EirgridAirflow",
        "DEPLOYMENT": "grid",
    }


def check_network() -> None:
    """Two private subnets in two zones, with a way out through NAT and one to S3."""
    ec2 = boto3.client("ec2")
    outputs = {
        one["OutputKey"]: one["OutputValue"]
        for one in boto3.client("cloudformation").describe_stacks(StackName="grid-network")["Stacks"][0]["Outputs"]
    }
    subnets = ec2.describe_subnets(SubnetIds=[outputs["SubnetA"], outputs["SubnetB"]])["Subnets"]
    assert {one["CidrBlock"] for one in subnets} == {"10.192.8.0/22", "10.192.12.0/22"}
    assert len({one["AvailabilityZone"] for one in subnets}) == 2
    # moto's CloudFormation does not keep which table is a subnet's.
    tables = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [outputs["VpcId"]]}])["RouteTables"]
    ways = [
        "nat" if route.get("NatGatewayId") else "internet"
        for table in tables
        for route in table["Routes"]
        if route.get("DestinationCidrBlock") == "0.0.0.0/0"
    ]
    assert sorted(ways) == ["internet", "nat", "nat"]
    (endpoint,) = ec2.describe_vpc_endpoints(Filters=[{"Name": "vpc-id", "Values": [outputs["VpcId"]]}])["VpcEndpoints"]
    assert len(endpoint["RouteTableIds"]) == 2


def check_own_calls() -> None:
    """The services take the properties of what moto's CloudFormation cannot make; boto3 checks each name and type."""
    for part in ORDER:
        template = resolved(part)
        for one in template.of("AWS::CloudWatch::Alarm").values():
            boto3.client("cloudwatch").put_metric_alarm(**one)
        for one in template.of("AWS::Scheduler::ScheduleGroup").values():
            boto3.client("scheduler").create_schedule_group(**one)
        for one in template.of("AWS::Scheduler::Schedule").values():
            boto3.client("scheduler").create_schedule(**one)
        for one in template.of("AWS::S3::BucketPolicy").values():
            boto3.client("s3").put_bucket_policy(Bucket=one["Bucket"], Policy=json.dumps(one["PolicyDocument"]))
        for one in template.of("AWS::SNS::TopicPolicy").values():
            boto3.client("sns").set_topic_attributes(
                TopicArn=one["Topics"][0], AttributeName="Policy", AttributeValue=json.dumps(one["PolicyDocument"])
            )
        for one in template.of("AWS::SNS::Subscription").values():
            boto3.client("sns").subscribe(**one)
        for one in template.of("AWS::Lambda::Alias").values():
            boto3.client("lambda").create_alias(**one)
    check_http_api()
    check_tls()
    alarms = boto3.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert {one["AlarmName"] for one in alarms} == {
        "grid-api-errors",
        "grid-api-slow",
        "grid-api-throttles",
        "grid-cleanup-failing",
        "grid-healthcheck-errors",
        "grid-healthcheck-silent",
        "grid-healthcheck-undelivered",
        "grid-not-all-well",
    }
    assert {action for one in alarms for action in one["AlarmActions"]} == {TOPIC}
    (mail,) = boto3.client("sns").list_subscriptions_by_topic(TopicArn=TOPIC)["Subscriptions"]
    assert (mail["Protocol"], mail["Endpoint"]) == ("email", "alerts@example.org")
    names = {one["Name"] for one in boto3.client("scheduler").list_schedules()["Schedules"]}
    assert names == {"grid-look", "grid-all-well", "grid-cleanup"}


def check_tls() -> None:
    """moto keeps to the buckets' policies, and has no TLS: a request is refused for as long as one is there."""
    s3 = boto3.client("s3")
    for bucket in (CODE, DATA):
        with pytest.raises(ClientError, match=r"\(403\)"):
            s3.put_object(Bucket=bucket, Key="x", Body=b"")
        s3.delete_bucket_policy(Bucket=bucket)


def check_http_api() -> None:
    """API, integration, route and stage, each on what the one before is called."""
    gateway, template = boto3.client("apigatewayv2"), resolved("api")
    template.refs["Live"] = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:grid-api:live"
    (api,) = template.of("AWS::ApiGatewayV2::Api").values()
    template.refs["HttpApi"] = gateway.create_api(**api)["ApiId"]
    (integration,) = template.of("AWS::ApiGatewayV2::Integration").values()
    template.refs["Integration"] = gateway.create_integration(**integration)["IntegrationId"]
    (route,) = template.of("AWS::ApiGatewayV2::Route").values()
    assert gateway.create_route(**route)["RouteKey"] == "$default"
    (stage,) = template.of("AWS::ApiGatewayV2::Stage").values()
    json.loads(stage["AccessLogSettings"]["Format"].replace("$context.", ""))
    assert gateway.create_stage(**stage)["DefaultRouteSettings"]["ThrottlingRateLimit"] == 50


def check_message(aws: Aws, folder: Path, moto: Moto) -> None:
    """The code that lies in the bucket, with the environment of the function, tells the topic of a dead API."""
    queue = boto3.client("sqs").create_queue(QueueName="reader")["QueueUrl"]
    arn = boto3.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    boto3.client("sns").subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=arn["QueueArn"])
    uploaded = aws.s3.get_object(Bucket=CODE, Key="lambda/healthcheck.zip")["Body"].read()
    (folder / "code.zip").write_bytes(uploaded)
    with ZipFile(folder / "code.zip") as file:
        file.extractall(folder / "code")
    function = boto3.client("lambda").get_function(FunctionName="grid-healthcheck")["Configuration"]
    told = invoke(folder / "code", function["Environment"]["Variables"], moto)
    messages = list(received(queue))
    assert len(messages) == 1, told
    assert len(messages[0]["Subject"]) <= 100
    assert "grid" in messages[0]["Message"].lower() or "down" in messages[0]["Message"].lower()


def invoke(code: Path, variables: dict[str, str], moto: Moto) -> Any:
    """The function in a process of its own: moto would run it in a container."""
    event = {"base_url": f"http://127.0.0.1:{free_port()}", "timeout": 1}
    done = subprocess.run(
        [sys.executable, "-c", RUN],
        cwd=code,
        env={"PATH": os.environ["PATH"], **environment(moto.url), **variables},
        input=json.dumps(event),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def received(queue: str) -> Iterator[dict[str, Any]]:
    """Every message of a queue, as SNS wrote it."""
    for one in boto3.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
        yield json.loads(one["Body"])
