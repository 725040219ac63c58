from tests.api.conftest import filled_once  # noqa: F401  a fixture
from tests.deploy.cloud import aws, deploy, made, moto, moto_server, mwaa, person  # noqa: F401  fixtures
from tests.deploy.packaged import dist, dist_for_every_processor, dist_with, elsewhere  # noqa: F401  fixtures
