"""CloudFormation stacks, changed by change sets alone."""

import time
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

import yaml
from botocore.exceptions import ClientError

from deploy.refused import Refused

NOTHING: Final = ("didn't contain changes", "No updates are to be performed")
CAPABILITIES: Final = ["CAPABILITY_IAM"]
SETTLED: Final = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE"}
MADE: Final = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE"})
NEVER_MADE: Final = {"REVIEW_IN_PROGRESS", "DELETE_COMPLETE"}
REPLACED: Final = {"True": "REPLACED", "Conditional": "perhaps REPLACED"}
LONGEST: Final = 7200
"""Seconds; a new MWAA environment takes half an hour, its deletion and a graceful update can take longer."""


@dataclass(frozen=True)
class Spec:
    """What a stack should be."""

    name: str
    template: str
    parameters: Mapping[str, str]


@dataclass(frozen=True)
class Change:
    """What happens to one resource."""

    action: str
    resource: str
    kind: str
    replaced: str = ""

    def __str__(self) -> str:
        told = f"{self.action.lower()} {self.resource} ({self.kind})"
        return f"{told}, {self.replaced}" if self.replaced else told


OUTPUTS: Final = Change("Modify", "Outputs", "no resource")
"""What a change set without resources is about."""


@dataclass(frozen=True)
class Stacks:
    """The stacks of one account and region."""

    client: Any
    say: Callable[[str], None]
    poll: float = 10.0
    """Seconds between two looks at what is going on."""
    tags: Mapping[str, str] = field(default_factory=dict)

    def outputs(self, name: str) -> dict[str, str] | None:
        """The outputs; None while there is no such stack. Refused when it cannot be changed as it is."""
        found = self._described(name)
        if found is None or found["StackStatus"] in NEVER_MADE:
            return None
        status = found["StackStatus"]
        if status not in SETTLED:
            raise Refused(f"stack {name}: {status}; allowed: {', '.join(sorted(SETTLED))}; {_advice(status)}")
        return {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", [])}

    def preview(self, spec: Spec) -> list[Change]:
        """What a change to a stack that is there would do."""
        found = self._change_set(spec, update=True)
        if found is None:
            return []
        self.client.delete_change_set(StackName=spec.name, ChangeSetName=found.name)
        return found.changes

    def apply(self, spec: Spec, *, agreed: Callable[[list[Change]], bool]) -> dict[str, str]:
        """Make the stack what it should be, once `agreed` has seen the changes; its outputs."""
        found = self._change_set(spec, update=self.outputs(spec.name) is not None)
        if found is not None:
            named = {"StackName": spec.name, "ChangeSetName": found.name}
            if not agreed(found.changes):
                self.client.delete_change_set(**named)
                raise Refused(f"stack {spec.name}: not changed; what came before it was")
            self.client.execute_change_set(**named)
            self._wait(spec.name, MADE)
        return self.outputs(spec.name) or {}

    def delete(self, name: str) -> None:
        """Delete, and wait until it is gone."""
        self.client.delete_stack(StackName=name)
        self._wait(name, {"DELETE_COMPLETE"})

    def exists(self, name: str) -> bool:
        """Whether there is such a stack, in whatever state."""
        found = self._described(name)
        return found is not None and found["StackStatus"] != "DELETE_COMPLETE"

    def _described(self, name: str) -> Any:
        try:
            return self.client.describe_stacks(StackName=name)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise

    def _change_set(self, spec: Spec, *, update: bool) -> "_ChangeSet | None":
        """A change set that can be executed; None when there is nothing to change."""
        name = f"deploy-{uuid4().hex}"
        try:
            self._create(spec, name, "UPDATE" if update else "CREATE")
            found = self._told(spec.name, name)
        except ClientError as error:
            if _is_nothing(str(error)):
                return None
            raise Refused(f"stack {spec.name}: {error}") from error
        if found["Status"] != "FAILED":
            return _ChangeSet(name, [_change(one["ResourceChange"]) for one in found["Changes"]] or [OUTPUTS])
        self.client.delete_change_set(StackName=spec.name, ChangeSetName=name)
        if _is_nothing(found.get("StatusReason", "")):
            return None
        raise Refused(f"stack {spec.name}: no change set: {found.get('StatusReason')}")

    def _create(self, spec: Spec, name: str, kind: str) -> None:
        self.client.create_change_set(
            StackName=spec.name,
            ChangeSetName=name,
            ChangeSetType=kind,
            TemplateBody=spec.template,
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in spec.parameters.items()],
            Capabilities=CAPABILITIES,
            Tags=[{"Key": key, "Value": value} for key, value in self.tags.items()],
            # Buckets that stayed when their stack went are taken back into it, with all that is in them.
            ImportExistingResources=kind == "CREATE",
        )

    def _told(self, stack: str, name: str) -> Any:
        while True:
            pages = self.client.get_paginator("describe_change_set").paginate(StackName=stack, ChangeSetName=name)
            found = pages.build_full_result()
            if found["Status"] in {"CREATE_COMPLETE", "FAILED"}:
                return found
            time.sleep(self.poll)

    def _wait(self, name: str, wanted: AbstractSet[str]) -> None:
        started = time.monotonic()
        self.say(f"  {name}: …")
        while time.monotonic() - started < LONGEST:
            found = self._described(name)
            status = found["StackStatus"] if found else "DELETE_COMPLETE"
            if not status.endswith("_IN_PROGRESS"):
                break
            self.say(f"  {name}: {status}, {time.monotonic() - started:.0f} s")
            time.sleep(self.poll)
        if status not in wanted:
            raise Refused(
                f"stack {name}: {status}; wanted: {' or '.join(sorted(wanted))}\n" + "\n".join(self._failures(name))
            )
        self.say(f"  {name}: {status}")

    def _failures(self, name: str) -> list[str]:
        events = self.client.describe_stack_events(StackName=name)["StackEvents"][:50]
        return [
            f"  {one['LogicalResourceId']}: {one.get('ResourceStatusReason', one['ResourceStatus'])}"
            for one in events
            if one["ResourceStatus"].endswith("FAILED")
        ]


@dataclass(frozen=True)
class _ChangeSet:
    name: str
    changes: list[Change]


def _advice(status: str) -> str:
    if status.endswith("_IN_PROGRESS"):
        return "wait until it is through"
    if status in {"ROLLBACK_COMPLETE", "CREATE_FAILED"}:
        return "its first creation failed: see its events, then delete it"
    return "see its events in the CloudFormation console, and continue the rollback there"


def _is_nothing(reason: str) -> bool:
    return any(one in reason for one in NOTHING)


def _change(told: Any) -> Change:
    replaced = REPLACED.get(told.get("Replacement", ""), "")
    return Change(told["Action"], told["LogicalResourceId"], told["ResourceType"], replaced)


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms, whose meaning is of no interest here."""


_Loader.add_multi_constructor("!", lambda _, suffix, node: (suffix, node.value))


def made_by(template: str) -> list[Change]:
    """What a template makes where its conditions hold."""
    resources = yaml.load(template, Loader=_Loader)["Resources"]  # noqa: S506  a safe loader  # nosec B506
    return [Change("Add", name, one["Type"]) for name, one in resources.items()]
