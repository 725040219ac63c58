"""moto's server, with what its CloudFormation leaves undone: `python tests/deploy/moto_whole.py -H … -p …`.

Without this a change set gives a stack neither outputs nor parameters, a bucket keeps no versions, and a route table
cannot be deleted.
"""

from typing import Any

from moto.cloudformation.models import ChangeSet
from moto.ec2.models.route_tables import RouteTable
from moto.s3.models import FakeBucket
from moto.server import main

make_bucket = FakeBucket.create_from_cloudformation_json


def apply(self: ChangeSet) -> None:
    """As an update of the stack does, which moto has right."""
    self.stack.update(self.template, parameters=self.parameters, tags=self.stack.tags)


def make_versioned_bucket(*args: Any, **kwargs: Any) -> FakeBucket:
    """With versions where the template says so; each of these does."""
    bucket = make_bucket(*args, **kwargs)
    bucket.versioning_status = args[1]["Properties"].get("VersioningConfiguration", {}).get("Status")
    return bucket


def delete_route_table(self: RouteTable, *_: Any) -> None:
    """With its associations, which their own resources would delete before."""
    self.ec2_backend.route_tables.pop(self.id)


ChangeSet.apply = apply
RouteTable.delete = delete_route_table
FakeBucket.create_from_cloudformation_json = make_versioned_bucket

if __name__ == "__main__":
    main()
