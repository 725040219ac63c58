"""`make deploy`: say what differs, ask, and make it so. A second run finds nothing to do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Final

import typer
from botocore.exceptions import BotoCoreError, ClientError

from deploy.airflow import Airflow
from deploy.aws import Aws
from deploy.dist import Dist
from deploy.order import NEED_UPLOADS, ORDER, TEMPLATES, Known, Order
from deploy.refused import Refused, told_in_one_line
from deploy.settings import DeploySettings, load
from deploy.stacks import Change, Stacks, made_by
from deploy.uploads import Bucket, Uploads, bundle_uploads
from include.domain.readings import Feed
from include.settings import Settings
from include.sources.registry import enabled

ROOT: Final = Path(__file__).resolve().parents[1]
TAG: Final = "eirgrid-airflow"
CONSTRAINTS: Final = "bundle/constraints.txt"

Ask = Callable[[str], bool]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """What differs."""

    known: Known
    artefacts: Uploads
    bundle: Uploads
    changes: Mapping[str, list[Change]]
    """By part, of what is seen before anything is uploaded."""
    airflow: list[str]
    is_new: bool
    """Whether there is no environment yet."""

    def __bool__(self) -> bool:
        return bool(self.artefacts or self.bundle or self.airflow or any(self.changes.values()))

    def told(self) -> list[str]:
        """A line per difference."""
        return [
            *(line for part, found in self.changes.items() for line in _changes_told(part, found)),
            *self.artefacts.told(),
            *self.bundle.told(),
            *(f"  Airflow: {one}" for one in self.airflow),
        ]


@dataclass(frozen=True)
class Deployment:
    """One deployment, and all that it touches."""

    settings: DeploySettings
    aws: Aws
    dist: Dist
    say: Say
    ask: Ask
    poll: float = 10.0
    templates: Path = TEMPLATES

    @cached_property
    def order(self) -> Order:
        """What each stack should be."""
        return Order(self.settings, self.templates)

    @cached_property
    def stacks(self) -> Stacks:
        """What each stack is."""
        return Stacks(self.aws.cloudformation, self.say, self.poll, {TAG: self.settings.name})

    @cached_property
    def airflow(self) -> Airflow:
        """The environment's Airflow."""
        return Airflow(self.aws.mwaa, self.settings.name, self.say, self.poll)

    def run(self) -> bool:
        """Whether anything was changed; Refused when it cannot be, or the answer was no."""
        account = self.aws.account()
        self.say(f"{self.settings.name}: account {account}, {self.aws.region}, commit {self.dist.commit[:12]}")
        plan = self.plan(account)
        if not plan:
            self.say("Nothing differs; nothing is changed.")
            return False
        self.say("\n".join(["What will be changed:", *plan.told()]))
        if not self.ask("Change this?"):
            raise Refused("nothing was changed")
        self.apply(plan)
        return True

    def plan(self, account: str) -> Plan:
        """Look at everything, change nothing."""
        outputs = {part: found for part in ORDER if (found := self.stacks.outputs(self.order.stack(part))) is not None}
        bucket = Bucket(f"{self.settings.name}-code-{account}-{self.aws.region}", self.aws.s3)
        artefacts = self.dist.artefacts(self.settings.api.architecture)
        pinned = Uploads.of(bucket, artefacts)
        known = Known(outputs, pinned.versions, {file.key: file for file in artefacts})
        return Plan(
            known=known,
            artefacts=pinned,
            bundle=bundle_uploads(bucket, self.dist.bundle()),
            changes={part: self._preview(part, known) for part in ORDER},
            airflow=self._airflow_differences(),
            is_new="airflow" not in outputs,
        )

    def apply(self, plan: Plan) -> None:
        """Make it so.

        A new environment must find its bundle; one that is there gets new packages before the code that needs them. The
        constraints go before both: the packages of an environment without the Internet are installed with them.
        """
        known = plan.known
        constraints, code = plan.bundle.split(CONSTRAINTS)
        for part in ORDER:
            if part == NEED_UPLOADS[0]:
                known = replace(known, versions=plan.artefacts.apply(self.say))
            if part == "airflow":
                constraints.apply(self.say)
                if plan.is_new:
                    code.apply(self.say)
            known = self._apply_stack(part, known, plan.changes[part])
        if not plan.is_new:
            code.apply(self.say)
        self.airflow.apply(self.pools(), self.settings.airflow.unpause)
        self.say(f"Done. {known.outputs['api']['BaseUrl']}")

    def pools(self) -> dict[str, int]:
        """The Pools of the sources that these settings switch on, and their slots."""
        # All of it is given: the shell's own GRID_… variables are of another deployment.
        settings = Settings(
            store="s3://unused",
            feed=Feed.EIRGRID,
            upstream=None,
            contact=self.settings.contact,
            max_concurrency=self.settings.airflow.max_concurrency,
        )
        return {name: slots for source in enabled({}) for name, slots in settings.pools(source.source_id).items()}

    def _preview(self, part: str, known: Known) -> list[Change]:
        if part not in known.outputs:
            return made_by(self.order.template(part))
        spec = self.order.spec(part, known)
        if spec is None:
            return [Change("Modify", "all of it", "seen once the stacks before it are there")]
        return self.stacks.preview(spec)

    def _apply_stack(self, part: str, known: Known, foreseen: list[Change]) -> Known:
        spec = self.order.spec(part, known)
        if spec is None:
            raise Refused(f"stack {self.order.stack(part)}: a stack before it has not the outputs that it needs")
        outputs = self.stacks.apply(spec, agreed=lambda changes: self._agreed(part, changes, foreseen))
        return replace(known, outputs={**known.outputs, part: outputs})

    def _agreed(self, part: str, changes: list[Change], foreseen: list[Change]) -> bool:
        """What was not foreseen is asked about: an address, say, that comes out of an earlier stack."""
        more = [one for one in changes if one not in foreseen]
        if not more:
            return True
        self.say("\n".join(["What was not to be seen before:", *_changes_told(part, more)]))
        return self.ask("Change this too?")

    def _airflow_differences(self) -> list[str]:
        pools, unpause = self.pools(), self.settings.airflow.unpause
        status = self.airflow.status()
        if status == "AVAILABLE":
            return [one.told for one in self.airflow.differences(pools, unpause)]
        if status is None:
            made = [f"make Pool {name} with {slots} slots" for name, slots in pools.items()]
            return [*made, *(f"unpause DAG {dag}" for dag in unpause)]
        raise Refused(f"environment {self.settings.name}: {status}; allowed: AVAILABLE; wait, or see its events")


def _changes_told(part: str, changes: list[Change]) -> list[str]:
    return [f"  stack {part}: {change}" for change in changes]


def deploy(
    settings: Annotated[Path, typer.Option(help="The deployment's YAML file; deploy/example.yaml shows it.")],
    *,
    yes: Annotated[bool, typer.Option(help="Ask nothing.")] = False,
    dist: Annotated[Path, typer.Option(help="What `make package` made.")] = ROOT / "dist",
) -> None:
    """Bring an AWS account to what these settings and this commit say; says what differs, and asks."""
    with told_in_one_line(BotoCoreError, ClientError):
        wanted = load(settings)
        made = Dist.of(dist, checkout=ROOT)
        ask: Ask = (lambda _: True) if yes else typer.confirm
        Deployment(wanted, Aws.of(wanted.region), made, typer.echo, ask).run()
