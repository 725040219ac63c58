"""What CloudFormation makes and moto's does not, made by the services' own calls from the same properties."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import boto3

from tests.deploy.cloud import ACCOUNT, REGION
from tests.deploy.templates import load

PSEUDO: Final = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": REGION,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
}
ABSENT: Final = object()
"""AWS::NoValue."""


class Resolved:
    """Properties of a stack's resources with every function worked out."""

    def __init__(self, part: str, stack: Any) -> None:
        self.template = load(part)
        self.refs: dict[str, Any] = PSEUDO | {"AWS::NoValue": ABSENT}
        self.refs |= {one["ParameterKey"]: one["ParameterValue"] for one in stack["Parameters"]}
        for name, one in self.template["Parameters"].items():
            value = self.refs.get(name, one.get("Default", ""))
            self.refs[name] = int(value) if one["Type"] == "Number" else value

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        """The properties of the resources of a type that their conditions let be."""
        return {
            name: self._out(one["Properties"])
            for name, one in self.template["Resources"].items()
            if one["Type"] == kind and self._holds(one.get("Condition"))
        }

    def _holds(self, condition: str | None) -> bool:
        return condition is None or bool(self._out(self.template["Conditions"][condition]))

    def _out(self, value: Any) -> Any:
        if isinstance(value, list):
            return [found for one in value if (found := self._out(one)) is not ABSENT]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, given),) = value.items()
            if name in FUNCTIONS:
                return FUNCTIONS[name](self, given)
        worked_out = {key: self._out(one) for key, one in value.items()}
        return {key: one for key, one in worked_out.items() if one is not ABSENT}

    def _sub(self, text: str) -> str:
        def named(match: re.Match[str]) -> str:
            name, _, attribute = match[1].partition(".")
            return str(self.attribute([name, attribute]) if attribute else self.refs[match[1]])

        return re.sub(r"\$\{([\w:.]+)\}", named, text)

    def attribute(self, of: list[str]) -> str:
        """An attribute as far as ours go: the ARN or the name of what has a name."""
        name, attribute = of
        found: str = self.refs[f"{name}.{attribute}"]
        return found


FUNCTIONS: Final[Mapping[str, Callable[[Resolved, Any], Any]]] = {
    "Ref": lambda to, name: to.refs[name],
    "Fn::Sub": lambda to, text: to._sub(text),
    "Fn::GetAtt": lambda to, of: to.attribute(of),
    "Fn::If": lambda to, given: to._out(given[1] if to._holds(given[0]) else given[2]),
    "Fn::Equals": lambda to, given: str(to._out(given[0])) == str(to._out(given[1])),
    "Fn::Not": lambda to, given: not to._out(given[0]),
    "Fn::And": lambda to, given: all(to._out(one) for one in given),
    "Condition": lambda to, name: to._holds(name),
}


def resolved(part: str) -> Resolved:
    """Of the stack as it is, with what its resources are called and their ARNs."""
    cloudformation = boto3.client("cloudformation")
    found = Resolved(part, cloudformation.describe_stacks(StackName=f"grid-{part}")["Stacks"][0])
    for one in cloudformation.describe_stack_resources(StackName=f"grid-{part}")["StackResources"]:
        if "LogicalResourceId" in one:
            found.refs[one["LogicalResourceId"]] = one.get("PhysicalResourceId")
    for name, one in found.template["Resources"].items():
        # What is not made yet is called as the template calls it.
        called = found.refs.setdefault(name, name)
        found.refs[f"{name}.Arn"] = _arn(one["Type"], called)
        if one["Type"] == "AWS::SQS::Queue":
            found.refs[f"{name}.QueueName"] = str(called).rpartition("/")[2]
        if one["Type"] == "AWS::Scheduler::ScheduleGroup":
            found.refs[name] = found.of("AWS::Scheduler::ScheduleGroup")[name]["Name"]
    found.refs["Version.Version"] = "1"
    return found


def _arn(kind: str, called: Any) -> str:
    forms = {
        "AWS::Lambda::Function": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{called}",
        "AWS::IAM::Role": f"arn:aws:iam::{ACCOUNT}:role/{called}",
        "AWS::SQS::Queue": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{str(called).rpartition('/')[2]}",
        "AWS::Logs::LogGroup": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{called}",
        "AWS::S3::Bucket": f"arn:aws:s3:::{called}",
    }
    return forms.get(kind, "")
