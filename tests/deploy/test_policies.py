"""What each role may do, and who may take it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from deploy.order import ORDER
from tests.deploy.templates import load

WITHOUT_RESOURCE = {
    "cloudwatch:PutMetricData": "metrics have no ARN; narrowed by namespace where it is ours",
    "logs:DescribeLogGroups": "lists groups; has no resource that MWAA's question would fit",
    "s3:GetAccountPublicAccessBlock": "asks about the account",
}
"""Actions that IAM knows with the resource `*` only."""
MAY_DENY_ALL = {"s3:*"}
"""In a Deny, more is safer."""


@dataclass(frozen=True)
class Statement:
    """One statement and where it stands."""

    place: str
    effect: str
    actions: tuple[str, ...]
    resources: tuple[Any, ...]
    condition: dict[str, Any]
    body: dict[str, Any]


def flat(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list) else (value,)


def documents() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every policy document of every template, and its place."""

    def walk(place: str, value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
        if isinstance(value, dict):
            if "Statement" in value:
                yield place, value
            for name, one in value.items():
                yield from walk(f"{place}.{name}", one)
        elif isinstance(value, list):
            for one in value:
                yield from walk(place, one)

    for part in ORDER:
        for name, one in load(part)["Resources"].items():
            yield from walk(f"{part}.{name}", one["Properties"])


def bodies(found: list[Any]) -> Iterator[dict[str, Any]]:
    """Statements, those under a condition of the template too."""
    for one in found:
        if "Fn::If" in one:
            yield from bodies([part for part in one["Fn::If"][1:] if "Ref" not in part])
        else:
            yield one


STATEMENTS = [
    Statement(
        f"{place}:{body.get('Sid', number)}",
        body["Effect"],
        flat(body["Action"]),
        flat(body.get("Resource", body.get("NotResource", ()))) if "Resource" in body or "NotResource" in body else (),
        body.get("Condition", {}),
        body,
    )
    for place, document in documents()
    for number, body in enumerate(bodies(document["Statement"]))
]
GRANTS = [one for one in STATEMENTS if one.effect == "Allow"]


def cases(found: list[Statement]) -> list[Any]:
    return [pytest.param(one, id=one.place) for one in found]


def test_there_are_statements_to_look_at() -> None:
    assert len(GRANTS) > 25
    assert {one.effect for one in STATEMENTS} == {"Allow", "Deny"}


@pytest.mark.parametrize("one", cases(GRANTS))
def test_no_statement_allows_all_actions_of_a_service(one: Statement) -> None:
    assert [action for action in one.actions if action == "*" or action.endswith(":*")] == []
    assert "NotAction" not in one.body


@pytest.mark.parametrize("one", cases([one for one in GRANTS if "*" in one.resources]))
def test_all_resources_are_named_only_where_an_action_knows_no_other(one: Statement) -> None:
    assert [action for action in one.actions if action not in WITHOUT_RESOURCE] == []


def test_the_list_of_actions_without_a_resource_is_no_longer_than_it_must_be() -> None:
    used = {action for one in GRANTS if "*" in one.resources for action in one.actions}
    assert used == WITHOUT_RESOURCE.keys()


@pytest.mark.parametrize("one", cases([one for one in GRANTS if "Principal" in one.body]))
def test_a_service_acts_for_this_account_alone(one: Statement) -> None:
    """The confused deputy: a service that is asked by somebody else's resource."""
    assert "AWS" not in one.body["Principal"]
    told = {key: value for operator in one.condition.values() for key, value in operator.items()}
    assert told["aws:SourceAccount"] == {"Ref": "AWS::AccountId"}
    services = flat(one.body["Principal"]["Service"])
    # Lambda's pages promise no ARN when it takes a role.
    if services != ("lambda.amazonaws.com",):
        assert "${AWS::AccountId}" in told["aws:SourceArn"]["Fn::Sub"]


@pytest.mark.parametrize("one", cases([one for one in STATEMENTS if one.effect == "Deny"]))
def test_a_refusal_is_that_of_unencrypted_requests(one: Statement) -> None:
    assert one.condition == {"Bool": {"aws:SecureTransport": "false"}}
    assert set(one.actions) <= MAY_DENY_ALL | {"sns:Publish"}


@pytest.mark.parametrize("one", cases([one for one in GRANTS if "NotResource" in one.body]))
def test_everything_but_something_is_allowed_only_to_the_queue_of_mwaa(one: Statement) -> None:
    assert one.place == "airflow.ExecutionRole.Policies.PolicyDocument:KeyOfTheQueue"
    assert "kms:ViaService" in one.condition["StringLike"]


def on_objects(place: str) -> dict[str, Any]:
    """Actions on objects of a role, and where."""
    return {
        action: [one["Fn::Sub"].partition(":::")[2] for one in found.resources]
        for found in GRANTS
        if found.place.startswith(place)
        for action in found.actions
        if action.startswith("s3:") and action != "s3:ListBucket" and "*" not in found.resources
    }


def test_the_api_reads_the_store_and_writes_nothing() -> None:
    assert on_objects("api.FunctionRole") == {"s3:GetObject": ["${DataBucket}/${StorePrefix}/*"]}


def test_the_health_check_has_its_own_state_and_nothing_else() -> None:
    own = ["${DataBucket}/health/state.json"]
    assert on_objects("healthcheck.FunctionRole") == {"s3:GetObject": own, "s3:PutObject": own}


def test_airflow_deletes_nothing() -> None:
    may = on_objects("airflow.ExecutionRole")
    store = ["${DataBucket}/${StorePrefix}/*"]
    assert {action: where for action, where in may.items() if "*" not in action} == {
        "s3:GetObject": store,
        "s3:GetObjectVersion": store,
        "s3:PutObject": store,
    }
    assert {where.partition("/")[0] for action in may if "*" in action for where in may[action]} == {"${CodeBucket}"}


def test_nobody_may_delete_a_reading() -> None:
    assert [action for one in GRANTS for action in one.actions if "Delete" in action] == ["sqs:DeleteMessage"]
