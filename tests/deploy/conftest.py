from tests.api.conftest import filled_once  # noqa: F401  a fixture
from tests.deploy.packaged import dist, elsewhere  # noqa: F401  fixtures
from tests.sockets import sockets_only_with_network  # noqa: F401  a fixture
