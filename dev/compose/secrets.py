"""`python -m dev.compose.secrets FOLDER`: every secret of the deployment, made on first start and then kept.

Files of one value each, and beside them the forms that single programs read. They belong to the group of the service
that makes them, which every service that reads them is given; nobody else can read them.
"""

import json
import secrets
import sys
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Final

USER: Final = "admin"
"""The user of Airflow's UI and REST API."""
MADE: Final[dict[str, Callable[[], str]]] = {
    # Fernet wants 32 bytes in this very form.
    "fernet_key": lambda: urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    "jwt_secret": lambda: secrets.token_urlsafe(32),
    "api_secret_key": lambda: secrets.token_urlsafe(32),
    "postgres_password": lambda: secrets.token_urlsafe(24),
    "redis_password": lambda: secrets.token_urlsafe(24),
    "airflow_password": lambda: secrets.token_urlsafe(12),
    "s3_access_key": lambda: secrets.token_hex(10).upper(),
    "s3_secret_key": lambda: secrets.token_urlsafe(30),
}


def make(folder: Path) -> list[str]:
    """Write the secrets that are not there yet and return their names; a secret that is there is never changed."""
    folder.mkdir(parents=True, exist_ok=True)
    new = [name for name in MADE if not (folder / name).exists()]
    for name in new:
        _write(folder / name, MADE[name]())
    values = {name: (folder / name).read_text(encoding="utf-8") for name in MADE}
    for name, text in _forms(values).items():
        _write(folder / name, text)
    return new


def _forms(values: dict[str, str]) -> dict[str, str]:
    """The same secrets as SQLAlchemy, Celery, Redis, SeaweedFS, boto3 and Airflow's user list read them."""
    database = f"airflow:{values['postgres_password']}@postgres:5432/airflow"
    key, secret = values["s3_access_key"], values["s3_secret_key"]
    identity = {
        "name": "grid",
        "credentials": [{"accessKey": key, "secretKey": secret}],
        "actions": ["Admin", "Read", "List", "Tagging", "Write"],
    }
    return {
        "database_url": f"postgresql+psycopg2://{database}",
        "result_backend": f"db+postgresql+psycopg2://{database}",
        "broker_url": f"redis://:{values['redis_password']}@redis:6379/0",
        "redis.conf": f"requirepass {values['redis_password']}\n",
        "s3.json": json.dumps({"identities": [identity]}),
        "aws_credentials": f"[default]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n",
        "airflow_users.json": json.dumps({USER: values["airflow_password"]}),
    }


def _write(path: Path, text: str) -> None:
    """Whole or not at all: a start that is cut short leaves no half secret."""
    part = path.with_name(f".{path.name}.part")
    part.touch(mode=0o640)
    part.write_text(text, encoding="utf-8")
    part.chmod(0o640)
    part.replace(path)


def main(arguments: list[str]) -> int:
    """Make what is missing and say what it was, never its value."""
    made = make(Path(arguments[0]))
    sys.stdout.write(f"secrets: {', '.join(made)} made\n" if made else "secrets: all there already\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
