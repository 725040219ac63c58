"""The API on AWS Lambda: `api.handler.handler`, for HTTP API events of payload version 2.0."""

from mangum import Mangum

from api.app import create_app
from api.settings import load_settings

settings = load_settings().model_copy(update={"on_request": True})
app = create_app(settings)
TEXTS = ["text/", "application/json", "application/problem+json", "application/x-ndjson", "application/javascript"]

handler = Mangum(app, lifespan="off", text_mime_types=TEXTS)
