from tests.api.conftest import filled_once  # noqa: F401  a fixture
from tests.deploy.cloud import aws, deploy, made, moto, moto_server, mwaa, person  # noqa: F401  fixtures
from tests.deploy.packaged import dist, elsewhere  # noqa: F401  fixtures
from tests.sockets import sockets_only_with_network  # noqa: F401  a fixture
