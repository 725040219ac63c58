"""The templates as they are written."""

import base64
import io
import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.dist import File
from deploy.order import ORDER, TEMPLATES, Known, Order
from deploy.settings import Airflow, Api, DeploySettings
from tests.deploy.cloud import SETTINGS
from tests.deploy.templates import NOT_IN_MOTO, load, resources

ALL = list(ORDER)
PARSE = """
import sys
from airflow.cli.cli_parser import get_parser
found = get_parser().parse_args(sys.argv[1:])
assert found.clean_before_timestamp.tzinfo
print(found.subcommand, found.yes, found.skip_archive)
"""


def test_the_templates_are_those_of_the_order() -> None:
    assert {one.stem for one in TEMPLATES.glob("*")} == set(ORDER)


def test_cfn_lint_has_nothing_to_say() -> None:
    paths = [str(one) for one in TEMPLATES.glob("*.yaml")]
    # A file without metadata that switches rules off.
    assert [one for one in paths if "cfn-lint" in Path(one).read_text()] == []
    command = [str(Path(sys.executable).with_name("cfn-lint")), "--non-zero-exit-code", "informational", *paths]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("part", ALL)
def test_every_parameter_says_what_it_is_and_what_is_allowed(part: str) -> None:
    for name, one in load(part)["Parameters"].items():
        assert one["Description"].endswith((".", ")")) or one["Description"], name
        limits = one.keys() & {"AllowedPattern", "AllowedValues", "MinValue"}
        assert limits or one["Type"].startswith("AWS::"), f"{part}: {name} takes anything"


def everything() -> Known:
    """What is known once all stacks are there."""
    outputs = {
        "storage": {"CodeBucketName": "code", "DataBucketName": "data"},
        "alerts": {"TopicArn": "arn:aws:sns:eu-west-1:123456789012:grid-alerts"},
        "network": {"VpcId": "vpc-1", "SubnetA": "subnet-1", "SubnetB": "subnet-2"},
        "api": {"BaseUrl": "https://grid.example.org"},
    }
    keys = {f"lambda/api-{one}.zip" for one in ("arm64", "x86_64")}
    return Known(outputs, {}, {key: File(key, TEMPLATES / "api.yaml") for key in keys})


@pytest.mark.parametrize("part", ALL)
def test_the_settings_give_every_parameter_and_no_other(part: str) -> None:
    spec = Order(SETTINGS).spec(part, everything())
    assert spec is not None
    assert spec.parameters.keys() == load(part)["Parameters"].keys()


@pytest.mark.parametrize("part", ALL)
def test_a_stack_is_not_worked_out_before_those_that_it_builds_on(part: str) -> None:
    free = Order(SETTINGS).spec(part, Known()) is not None
    assert free == (part in {"storage", "alerts", "network"})


def test_the_defaults_of_settings_and_templates_agree() -> None:
    differ = []
    for part in ALL:
        spec = Order(SETTINGS).spec(part, everything())
        assert spec is not None
        for name, one in load(part)["Parameters"].items():
            if "Default" in one and name != "AlertEmail" and str(one["Default"]) != spec.parameters[name]:
                differ.append(f"{part}.{name}: {one['Default']} and {spec.parameters[name]}")
    assert differ == []


@pytest.mark.parametrize(
    "changed",
    [{"memory_size": 1024}, {"public_bulk": True}, {"architecture": "x86_64"}, {"cache_ttl_seconds": 60}],
    ids=str,
)
def test_another_parameter_of_the_api_is_another_release(changed: dict[str, Any]) -> None:
    def release(api: Api) -> str:
        spec = Order(SETTINGS.model_copy(update={"api": api})).spec("api", everything())
        assert spec is not None
        return spec.parameters["Release"]

    assert release(Api()) == release(Api())
    assert release(Api()) != release(Api(**changed))


def test_a_release_is_in_the_version_and_in_the_function() -> None:
    (version,) = resources("api", "AWS::Lambda::Version").values()
    (function,) = resources("api", "AWS::Lambda::Function").values()
    assert version["Description"] == {"Ref": "Release"}
    assert function["Environment"]["Variables"]["RELEASE"] == {"Ref": "Release"}
    assert function["SnapStart"] == {"ApplyOn": "PublishedVersions"}
    (alias,) = resources("api", "AWS::Lambda::Alias").values()
    (integration,) = resources("api", "AWS::ApiGatewayV2::Integration").values()
    assert alias["FunctionVersion"] == {"Fn::GetAtt": ["Version", "Version"]}
    assert integration["IntegrationUri"] == {"Ref": "Live"}


def test_no_stack_deletes_a_bucket_or_replaces_one() -> None:
    kept = {
        (name, one.get("DeletionPolicy"), one.get("UpdateReplacePolicy"))
        for part in ALL
        for name, one in load(part)["Resources"].items()
        if one["Type"] == "AWS::S3::Bucket"
    }
    assert kept == {("CodeBucket", "Retain", "Retain"), ("DataBucket", "Retain", "Retain")}


@pytest.mark.parametrize("bucket", ["CodeBucket", "DataBucket"])
def test_a_bucket_is_private_versioned_encrypted_and_forgets(bucket: str) -> None:
    made = resources("storage", "AWS::S3::Bucket")[bucket]
    assert set(made["PublicAccessBlockConfiguration"].values()) == {True}
    assert made["VersioningConfiguration"] == {"Status": "Enabled"}
    assert made["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert made["BucketEncryption"]
    (rule,) = made["LifecycleConfiguration"]["Rules"]
    # Never the newest version of anything.
    assert "ExpirationInDays" not in rule
    assert rule["NoncurrentVersionExpiration"]
    assert rule["AbortIncompleteMultipartUpload"]
    policy = resources("storage", "AWS::S3::BucketPolicy")[f"{bucket}Policy"]
    (tls,) = policy["PolicyDocument"]["Statement"]
    assert (tls["Effect"], tls["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_the_environment_is_what_mwaa_and_the_settings_expect() -> None:
    (made,) = resources("airflow", "AWS::MWAA::Environment").values()
    assert made["AirflowVersion"] == "3.3.1"
    assert made["WorkerReplacementStrategy"] == "GRACEFUL"
    assert made["DagS3Path"] == "bundle"
    options = made["AirflowConfigurationOptions"]
    assert {name.partition(".")[0] for name in options} == {"grid"}
    assert {"grid.store", "grid.feed", "grid.contact", "grid.alert_topic", "grid.site"} <= options.keys()
    assert {one["Enabled"] for one in made["LoggingConfiguration"].values()} == {True}
    assert len(made["LoggingConfiguration"]) == 5


@pytest.mark.parametrize("part", ALL)
def test_every_log_group_has_an_end(part: str) -> None:
    for one in resources(part, "AWS::Logs::LogGroup").values():
        assert one["RetentionInDays"] == {"Ref": "LogDays"}


def test_each_function_has_its_log_group() -> None:
    for part in ALL:
        functions = {one["FunctionName"]["Fn::Sub"] for one in resources(part, "AWS::Lambda::Function").values()}
        groups = {one["LogGroupName"]["Fn::Sub"] for one in resources(part, "AWS::Logs::LogGroup").values()}
        assert {f"/aws/lambda/{name}" for name in functions} <= groups


def test_the_schedules_are_those_that_the_health_check_expects() -> None:
    made = resources("healthcheck", "AWS::Scheduler::Schedule")
    assert json.loads(made["Often"]["Target"]["Input"]) == {}
    assert json.loads(made["Daily"]["Target"]["Input"]) == {"daily": True}
    assert (made["Daily"]["ScheduleExpression"], made["Daily"]["ScheduleExpressionTimezone"]) == (
        "cron(0 8 * * ? *)",
        "UTC",
    )
    assert load("healthcheck")["Parameters"]["Schedule"]["Default"] == "rate(15 minutes)"
    for one in made.values():
        assert one["Target"]["DeadLetterConfig"]
        assert one["Target"]["RetryPolicy"]["MaximumRetryAttempts"] > 0


def test_what_moto_lacks_is_used_somewhere() -> None:
    used = {one["Type"] for part in ALL for one in load(part)["Resources"].values()}
    assert used >= NOT_IN_MOTO.keys()


def test_the_clean_up_is_a_command_that_airflow_takes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The code as it is in the template; a stub takes the command endpoint's place."""
    sent: list[urllib.request.Request] = []

    class Answer(io.BytesIO):
        pass

    def urlopen(request: urllib.request.Request, timeout: float) -> Any:
        sent.append(request)
        told = {"stdout": base64.b64encode(b"done").decode(), "stderr": ""}
        return Answer(json.dumps(told).encode())

    class Client:
        def create_cli_token(self, Name: str) -> dict[str, str]:  # noqa: N803  boto3's name
            assert Name == "grid"
            return {"CliToken": "secret", "WebServerHostname": "grid.example.org"}

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    monkeypatch.setattr("boto3.client", lambda _: Client())
    monkeypatch.setenv("ENVIRONMENT", "grid")
    monkeypatch.setenv("HISTORY_DAYS", "60")
    space: dict[str, Any] = {}
    exec(resources("airflow", "AWS::Lambda::Function")["Cleanup"]["Code"]["ZipFile"], space)
    command = space["handler"]({}, None)["command"]
    (request,) = sent
    assert request.full_url == "https://grid.example.org/aws_mwaa/cli"
    assert request.data == command.encode()
    assert request.get_header("Authorization") == "Bearer secret"
    done = subprocess.run(
        [sys.executable, "-c", PARSE, *command.split()],
        env={"PATH": "/usr/bin:/bin", "AIRFLOW_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines()[-1:] == ["clean True True"], done.stderr


def test_settings_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="domain_name needs cdn"):
        Api(domain_name="grid.example.org")
    with pytest.raises(ValueError, match=r"schedulers: 1 with mw1\.micro"):
        Airflow(environment_class="mw1.micro", max_workers=1)
    with pytest.raises(ValueError, match="max_workers: 1 with"):
        Airflow(environment_class="mw1.micro", schedulers=1, webservers=1)
    assert Airflow(environment_class="mw1.micro", max_workers=1, schedulers=1, webservers=1)


def test_the_name_fits_a_bucket() -> None:
    longest = DeploySettings(name="a" * 20, region="ap-southeast-1", contact="a@b.ie")
    assert len(f"{longest.name}-code-123456789012-{longest.region}") <= 63


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for one in value.values():
            yield from strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)
    elif isinstance(value, str):
        yield value


@pytest.mark.parametrize("part", ALL)
def test_no_secret_is_in_a_template(part: str) -> None:
    assert [one for one in strings(load(part)) if "password" in one.lower() or "AKIA" in one] == []
