"""`make deploy` and `make destroy` against moto's server."""

import json
import subprocess
from dataclasses import replace
from typing import Any

import boto3
import pytest

from deploy.aws import Aws
from deploy.dist import Dist
from deploy.down import Removal
from deploy.order import ORDER
from deploy.refused import Refused
from deploy.settings import DeploySettings
from deploy.stacks import Change, Spec, Stacks
from deploy.up import Deployment
from tests.deploy.cloud import CODE, DATA, REGION, ROOT, SETTINGS, Deploy, Moto, Mwaa, Person, zipped
from tests.deploy.templates import for_moto

pytestmark = pytest.mark.server

PUTS = rf'"PUT /{CODE}/(\S+) HTTP'
STACKS = [f"grid-{part}" for part in ORDER]


def parameters(aws: Aws, part: str) -> dict[str, str]:
    told = aws.cloudformation.describe_stacks(StackName=f"grid-{part}")["Stacks"][0]["Parameters"]
    return {one["ParameterKey"]: one["ParameterValue"] for one in told}


def everything(aws: Aws) -> Any:
    """All that a deployment may change, as far as it can be seen from outside."""
    stacks = {name: parameters(aws, name.removeprefix("grid-")) for name in STACKS}
    versions = aws.s3.list_object_versions(Bucket=CODE)
    functions = boto3.client("lambda").list_versions_by_function(FunctionName="grid-api")["Versions"]
    objects = [(one["Key"], one["VersionId"]) for one in versions["Versions"]]
    return stacks, objects, versions.get("DeleteMarkers"), len(functions)


def test_a_first_deployment_makes_everything_in_order_and_a_second_finds_nothing_to_do(
    deploy: Deploy, aws: Aws, mwaa: Mwaa, moto: Moto, person: Person
) -> None:
    assert deploy()
    made = aws.cloudformation.describe_stacks()["Stacks"]
    assert [one["StackName"] for one in sorted(made, key=lambda one: one["CreationTime"])] == STACKS
    assert {name: pool["slots"] for name, pool in mwaa.pools.items()} == {"eirgrid_live": 4, "eirgrid_repair": 2}
    assert {name for name, dag in mwaa.dags.items() if not dag["is_paused"]} == {"ingest_eirgrid", "export"}
    assert person.asked == ["Change this?"]
    assert "https://grid.example.org" in person.told[-1]
    put = moto.asked(PUTS)
    assert [key for key in put if key.startswith("bundle/")] == [
        "bundle/constraints.txt",
        "bundle/.airflowignore",
        "bundle/include/one.py",
        "bundle/include/two.py",
        "bundle/dags/ingest.py",
    ]
    held = {one: aws.s3.head_object(Bucket=CODE, Key=one)["VersionId"] for one in ("plugins.zip", "requirements.txt")}
    told = parameters(aws, "airflow")
    assert held == {"plugins.zip": told["PluginsVersion"], "requirements.txt": told["RequirementsVersion"]}
    function = boto3.client("lambda").get_function(FunctionName="grid-api")["Configuration"]
    assert function["CodeSha256"] == parameters(aws, "api")["CodeSha256"]

    before, asked = everything(aws), len(mwaa.changed)
    assert not deploy()
    assert person.told[-1] == "Nothing differs; nothing is changed."
    assert person.asked == []
    assert (everything(aws), len(mwaa.changed), moto.asked(PUTS)) == (before, asked, put)

    mwaa.dags["export"]["is_paused"] = True
    mwaa.changed.clear()
    assert deploy()
    assert person.told[1].splitlines()[1:] == ["  Airflow: unpause DAG export"]
    assert mwaa.changed == [("PATCH", "/dags/export", {"is_paused": False})]

    mwaa.status = "UPDATING"
    with pytest.raises(Refused, match=r"environment grid: UPDATING; allowed: AVAILABLE"):
        deploy()


def test_what_will_change_is_said_before_anything_is_and_a_no_changes_nothing(
    deploy: Deploy, aws: Aws, moto: Moto, person: Person
) -> None:
    person.answer = False
    with pytest.raises(Refused, match="nothing was changed"):
        deploy()
    for line in (
        "stack storage: add DataBucket (AWS::S3::Bucket)",
        "upload  bundle/dags/ingest.py",
        "upload  lambda/api-arm64.zip",
        "Airflow: make Pool eirgrid_live with 4 slots",
        "Airflow: unpause DAG ingest_eirgrid",
    ):
        assert line in person.text
    assert not aws.cloudformation.describe_stacks()["Stacks"]
    assert not moto.asked(PUTS)


def test_a_change_touches_only_what_it_should(
    deploy: Deploy, aws: Aws, made: Dist, moto: Moto, mwaa: Mwaa, person: Person
) -> None:
    deploy()
    before, put = {part: parameters(aws, part) for part in ORDER}, moto.asked(PUTS)

    def changed() -> set[str]:
        """Parts whose parameters are others than the last time."""
        now = {part: parameters(aws, part) for part in ORDER}
        differ = {part for part in ORDER if now[part] != before[part]}
        before.update(now)
        return differ

    # A file that is gone goes after the new ones are up, and no stack is touched.
    (made.folder / "bundle/dags/ingest.py").write_text("import include.one  # alone\n")
    (made.folder / "bundle/include/two.py").unlink()
    assert deploy()
    told = moto.asked(rf'"((?:PUT|DELETE) /{CODE}/\S+) HTTP')[len(put) :]
    assert told == [f"PUT /{CODE}/bundle/dags/ingest.py", f"DELETE /{CODE}/bundle/include/two.py"]
    assert changed() == set()
    assert "stack" not in person.text

    api = before["api"]
    zipped(made.folder / "api-arm64.zip", {"api/handler.py": "def handler(event, context): return 2\n"})
    assert deploy()
    assert changed() == {"api"}
    assert {name for name in api if api[name] != before["api"][name]} == {"CodeVersion", "CodeSha256", "Release"}
    assert [line for line in person.text.splitlines() if "stack " in line and "stack api" not in line] == []

    # New packages come before the code that needs them.
    (made.folder / "requirements.txt").write_text("boto3==2\n")
    (made.folder / "bundle/include/one.py").write_text("ONE = 'of boto3 2'\n")
    (made.folder / "bundle/constraints.txt").write_text("boto3==2\n")
    assert deploy()
    lines = person.text.splitlines()
    # An environment without the Internet installs the packages with the constraints of the bundle.
    assert lines.index("  uploaded bundle/constraints.txt") < lines.index("  grid-airflow: UPDATE_COMPLETE")
    assert lines.count("  uploaded bundle/constraints.txt") == 1
    assert lines.index("  grid-airflow: UPDATE_COMPLETE") < lines.index("  uploaded bundle/include/one.py")
    assert changed() == {"airflow"}

    put = moto.asked(PUTS)
    airflow = SETTINGS.airflow.model_copy(update={"max_concurrency": 9})
    assert deploy(SETTINGS.model_copy(update={"airflow": airflow}))
    assert changed() == {"airflow"}
    assert moto.asked(PUTS) == put
    assert {name: pool["slots"] for name, pool in mwaa.pools.items()} == {"eirgrid_live": 6, "eirgrid_repair": 3}


def test_a_dist_of_another_commit_is_refused(made: Dist) -> None:
    (made.folder / "manifest.json").write_text(json.dumps({"commit": "0" * 40}))
    with pytest.raises(Refused, match=r"made of commit 0{40}, checked out is \w{40}; run `make package`"):
        Dist.of(made.folder, checkout=ROOT)


def test_a_dist_with_changes_that_are_in_no_commit_is_refused(made: Dist) -> None:
    (made.folder / "manifest.json").write_text(json.dumps({"commit": made.commit, "dirty": True}))
    with pytest.raises(Refused, match="changes that are in no commit"):
        Dist.of(made.folder, checkout=ROOT)


@pytest.mark.parametrize("missing", ["plugins.zip", "api-arm64.zip", "healthcheck.zip", "requirements.txt"])
def test_half_a_dist_is_refused(missing: str, made: Dist) -> None:
    (made.folder / missing).unlink()
    with pytest.raises(Refused, match=rf"{missing}: not there; run `make package`"):
        made.artefacts("arm64")


def removal(aws: Aws, person: Person) -> Removal:
    person.told.clear()
    return Removal(SETTINGS, aws, person.told.append, person.ask, poll=0.01)


def left(aws: Aws) -> set[str]:
    return {one["StackName"] for one in aws.cloudformation.describe_stacks()["Stacks"]}


def test_destroy_never_touches_data_and_a_deployment_comes_back_over_it(
    deploy: Deploy, aws: Aws, person: Person
) -> None:
    deploy()
    person.answer = False
    with pytest.raises(Refused, match="nothing was deleted"):
        removal(aws, person).run()
    person.answer = True
    aws.s3.put_object(Bucket=DATA, Key="eirgrid/readings/x", Body=b"1")
    code = aws.s3.list_object_versions(Bucket=CODE)["Versions"]
    with pytest.raises(Refused, match=f"bucket {CODE} is not empty, so nothing is removed"):
        removal(aws, person).run(storage=True)
    assert left(aws) == set(STACKS)

    removal(aws, person).run()
    assert left(aws) == {"grid-storage"}
    assert aws.s3.get_object(Bucket=DATA, Key="eirgrid/readings/x")["Body"].read() == b"1"
    assert aws.s3.list_object_versions(Bucket=CODE)["Versions"] == code
    assert f"s3://{DATA}" in person.text

    assert deploy()
    assert left(aws) == set(STACKS)


def test_the_storage_stack_goes_only_when_no_version_is_left(aws: Aws, person: Person) -> None:
    storage = made_storage(aws)
    aws.s3.put_object(Bucket=DATA, Key="x", Body=b"1")
    # A deleted object is there still, in its version.
    aws.s3.delete_object(Bucket=DATA, Key="x")
    with pytest.raises(Refused, match=f"bucket {DATA} is not empty, so nothing is removed"):
        removal(aws, person).run(storage=True)
    found = aws.s3.list_object_versions(Bucket=DATA)
    for one in [*found["Versions"], *found["DeleteMarkers"]]:
        aws.s3.delete_object(Bucket=DATA, Key="x", VersionId=one["VersionId"])
    removal(aws, person).run(storage=True)
    assert storage not in left(aws)
    assert {one["Name"] for one in aws.s3.list_buckets()["Buckets"]} == {CODE, DATA}


def made_storage(aws: Aws) -> str:
    """The storage stack alone."""
    spec = Spec("grid-storage", for_moto("storage"), {"Name": "grid"})
    Stacks(aws.cloudformation, print, poll=0.01).apply(spec, agreed=lambda _: True)
    return spec.name


def test_what_was_not_foreseen_is_asked_about_and_a_no_leaves_the_stack_as_it_is(aws: Aws, person: Person) -> None:
    made_storage(aws)
    stacks = Stacks(aws.cloudformation, person.told.append, poll=0.01)
    shorter = Spec("grid-storage", for_moto("storage"), {"Name": "grid", "NoncurrentDays": "7"})
    seen: list[Change] = []

    def no(changes: list[Change]) -> bool:
        seen.extend(changes)
        return False

    with pytest.raises(Refused, match="stack grid-storage: not changed"):
        stacks.apply(shorter, agreed=no)
    assert seen
    assert parameters(aws, "storage")["NoncurrentDays"] == "14"
    left_over = [one["Status"] for one in aws.cloudformation.list_change_sets(StackName="grid-storage")["Summaries"]]
    assert len(left_over) == 1, "that of its creation"


@pytest.mark.parametrize("answer", [True, False])
def test_only_what_is_new_to_a_person_is_asked(answer: bool, aws: Aws, made: Dist, person: Person) -> None:
    person.answer = answer
    deployment = Deployment(SETTINGS, aws, made, person.told.append, person.ask)
    foreseen = [Change("Modify", "Function", "AWS::Lambda::Function")]
    replaced = Change("Modify", "Environment", "AWS::MWAA::Environment", "REPLACED")
    assert deployment._agreed("airflow", foreseen, foreseen)
    assert person.asked == []
    assert deployment._agreed("airflow", [*foreseen, replaced], foreseen) == answer
    assert person.asked == ["Change this too?"]
    assert "modify Environment (AWS::MWAA::Environment), REPLACED" in person.text


def test_a_stack_that_failed_to_be_made_is_named(aws: Aws) -> None:
    stacks = Stacks(aws.cloudformation, print)
    aws.cloudformation.create_change_set(
        StackName="grid-alerts", ChangeSetName="x", ChangeSetType="CREATE", TemplateBody='{"Resources": {}}'
    )
    assert stacks.outputs("grid-alerts") is None
    described = {"Stacks": [{"StackStatus": "ROLLBACK_COMPLETE"}]}

    class Failed:
        """moto fails no stack."""

        def describe_stacks(self, **_: Any) -> Any:
            return described

    with pytest.raises(Refused, match=r"stack grid-alerts: ROLLBACK_COMPLETE; allowed: .*; its first creation failed"):
        replace(stacks, client=Failed()).outputs("grid-alerts")


def test_the_command_says_each_mistake_in_a_line(tmp_path: Any) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("name: Grid\nregion: eu-west-1\nairflow: {min_workers: 3, max_workers: 2}\nfoo: 1\n")
    done = subprocess.run(
        [ROOT / ".venv/bin/python", "-m", "deploy", "deploy", "--settings", file],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert sorted(line.removeprefix(f"{file}: ").partition(";")[0] for line in done.stderr.splitlines()) == [
        "airflow: min_workers 3 is above max_workers 2",
        "contact: not set",
        "foo: no such setting",
        "name: got 'Grid'",
    ]


def test_the_example_is_a_deployment_and_names_every_default() -> None:
    import yaml

    from deploy.settings import load

    example = ROOT / "deploy/example.yaml"
    assert load(example).region == REGION
    commented = example.read_text().replace("\n# ", "\n")
    every = yaml.safe_load(commented)
    given = DeploySettings.model_fields.keys()
    assert every.keys() == given
    for group in ("storage", "network", "airflow", "api", "healthcheck"):
        assert every[group].keys() == type(getattr(SETTINGS, group)).model_fields.keys()
        defaults = json.loads(getattr(SETTINGS, group).model_dump_json())
        shown = {"domain_name", "certificate_arn", "staleness_hours"}
        assert {k: v for k, v in every[group].items() if k not in shown} == {
            k: v for k, v in defaults.items() if k not in shown
        }
