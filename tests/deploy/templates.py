"""The templates as data, and as far as moto makes their resources."""

import ipaddress
import json
from pathlib import Path
from typing import Any, Final

from cfnlint.decode import cfn_yaml

from deploy.order import ORDER, TEMPLATES

NOT_IN_MOTO: Final = {
    "AWS::ApiGatewayV2::Api": "moto makes HTTP APIs by their own calls alone",
    "AWS::ApiGatewayV2::Integration": "as the API that it belongs to",
    "AWS::ApiGatewayV2::Route": "as the API that it belongs to",
    "AWS::ApiGatewayV2::Stage": "as the API that it belongs to",
    "AWS::CloudFront::CachePolicy": "only with a CDN, which is off",
    "AWS::CloudFront::Distribution": "only with a CDN, which is off",
    "AWS::CloudWatch::Alarm": "moto makes alarms by their own calls alone",
    "AWS::Lambda::Alias": "moto makes aliases by their own calls alone",
    "AWS::Lambda::EventInvokeConfig": "moto makes these by their own calls alone",
    "AWS::MWAA::Environment": "moto has no MWAA; tests/deploy/cloud.py stands for it",
    "AWS::S3::BucketPolicy": "moto makes bucket policies by their own calls alone",
    "AWS::SNS::Subscription": "moto makes subscriptions by their own calls alone",
    "AWS::SNS::TopicPolicy": "moto makes topic policies by their own calls alone",
    "AWS::Scheduler::Schedule": "moto makes schedules by their own calls alone",
    "AWS::Scheduler::ScheduleGroup": "as the schedules in it",
}
"""Types that CloudFormation knows and moto's does not, each with the reason it is left out."""

STANDS_FOR: Final = {"BaseUrl": "https://grid.example.org", "WebserverUrl": "grid.airflow.example.org"}
"""Outputs of what is left out."""
NO_ATTRIBUTE: Final = {"FunctionVersion"}
"""Outputs that moto cannot work out: its versions have no number."""


def load(part: str) -> dict[str, Any]:
    """A template with the long forms of its functions."""
    found: dict[str, Any] = json.loads(json.dumps(cfn_yaml.load(str(TEMPLATES / f"{part}.yaml"))))
    return found


def resources(part: str, kind: str) -> dict[str, Any]:
    """The properties of a template's resources of a type."""
    return {name: one["Properties"] for name, one in load(part)["Resources"].items() if one["Type"] == kind}


def for_moto(part: str, parameters: dict[str, str] | None = None) -> str:
    """The template as JSON without what moto cannot make."""
    found = load(part)
    found.pop("Rules", None)
    left_out = {name for name, one in found["Resources"].items() if one["Type"] in NOT_IN_MOTO}
    found["Resources"] = {name: one for name, one in found["Resources"].items() if name not in left_out}
    for one in found["Resources"].values():
        needs = one.get("DependsOn", [])
        kept = [name for name in ([needs] if isinstance(needs, str) else needs) if name not in left_out]
        one.pop("DependsOn", None)
        if kept:
            one["DependsOn"] = kept
        # The permission and the alias that it is for are the API's.
        if one["Type"] == "AWS::Lambda::Permission":
            one["Properties"] |= {"FunctionName": {"Ref": "Function"}, "SourceArn": "arn:aws:execute-api:x"}
    for name, output in list(found["Outputs"].items()):
        if name in STANDS_FOR:
            output["Value"] = STANDS_FOR[name]
        elif output.get("Condition") == "HasCdn" or name in NO_ATTRIBUTE:
            del found["Outputs"][name]
        elif output["Value"].get("Ref") in left_out:
            output["Value"] = "grid"
    cidr = (parameters or {}).get("Cidr") or found["Parameters"].get("Cidr", {}).get("Default")
    return json.dumps(_with_subnets(found, cidr))


def written_for_moto(folder: Path) -> Path:
    """All templates in a folder, as far as moto makes their resources."""
    folder.mkdir()
    for part in ORDER:
        (folder / f"{part}.yaml").write_text(for_moto(part), encoding="utf-8")
    return folder


def _with_subnets(value: Any, cidr: str | None) -> Any:
    """Fn::Cidr worked out: moto has no such function."""
    if isinstance(value, list):
        return [_with_subnets(one, cidr) for one in value]
    if not isinstance(value, dict):
        return value
    picked = value.get("Fn::Select")
    if isinstance(picked, list) and isinstance(picked[1], dict) and "Fn::Cidr" in picked[1]:
        return str(list(ipaddress.ip_network(str(cidr)).subnets(2))[int(picked[0])])
    return {key: _with_subnets(one, cidr) for key, one in value.items()}
