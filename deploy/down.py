"""`make destroy`: take away what runs and costs; the readings stay."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer
from botocore.exceptions import BotoCoreError, ClientError

from deploy.aws import Aws
from deploy.order import ORDER, Order
from deploy.refused import Refused, told_in_one_line
from deploy.settings import DeploySettings, load
from deploy.stacks import Stacks

COMPUTE: Final = tuple(part for part in reversed(ORDER) if part != "storage")


@dataclass(frozen=True)
class Removal:
    """The end of one deployment."""

    settings: DeploySettings
    aws: Aws
    say: Callable[[str], None]
    ask: Callable[[str], bool]
    poll: float = 10.0

    def run(self, *, storage: bool = False) -> None:
        """Delete the stacks that compute; when asked, and both buckets are empty, that of storage too.

        No bucket is ever deleted: the template retains both.
        """
        order, stacks = Order(self.settings), Stacks(self.aws.cloudformation, self.say, self.poll)
        names = [name for part in COMPUTE if stacks.exists(name := order.stack(part))]
        buckets = self._buckets()
        if storage and (held := next((one for one in buckets if self._holds(one)), None)):
            raise Refused(
                f"bucket {held} is not empty, so nothing is removed; allowed: STORAGE=1 with two empty buckets, or"
                " `make destroy` without it, which keeps them"
            )
        if storage and stacks.exists(order.stack("storage")):
            names.append(order.stack("storage"))
        self.say(
            "\n".join(["What will be deleted:", *(f"  stack {name}" for name in names)] if names else ["No stacks."])
        )
        if names and not self.ask("Delete this?"):
            raise Refused("nothing was deleted")
        for name in names:
            stacks.delete(name)
        self._what_stays(buckets)

    def _buckets(self) -> list[str]:
        account = self.aws.account()
        wanted = [f"{self.settings.name}-{kind}-{account}-{self.aws.region}" for kind in ("code", "data")]
        there = {one["Name"] for one in self.aws.s3.list_buckets()["Buckets"]}
        return [one for one in wanted if one in there]

    def _holds(self, bucket: str) -> bool:
        """Whether anything is in it, in any version."""
        found = self.aws.s3.list_object_versions(Bucket=bucket, MaxKeys=1)
        return bool(found.get("Versions") or found.get("DeleteMarkers"))

    def _what_stays(self, buckets: list[str]) -> None:
        if not buckets:
            return
        self.say("\n".join(["What stays, and costs what its bytes cost:", *(f"  s3://{one}" for one in buckets)]))
        self.say(
            "Only a person removes them, in the S3 console (Empty, then Delete), and then"
            f" `aws cloudformation delete-stack --stack-name {Order(self.settings).stack('storage')}`."
        )


def destroy(
    settings: Annotated[Path, typer.Option(help="The deployment's YAML file.")],
    *,
    yes: Annotated[bool, typer.Option(help="Ask nothing.")] = False,
    storage: Annotated[bool, typer.Option(help="The storage stack too, when its buckets are empty.")] = False,
) -> None:
    """Delete all stacks but that of the buckets, after a yes. Readings are never deleted."""
    with told_in_one_line(BotoCoreError, ClientError):
        wanted = load(settings)
        ask = (lambda _: True) if yes else typer.confirm
        Removal(wanted, Aws.of(wanted.region), typer.echo, ask).run(storage=storage)
