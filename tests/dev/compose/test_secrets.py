"""Secrets are made on the first start, kept on the next, and never told."""

import json
import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from dev.compose.secrets import MADE, main, make


def contents(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in folder.iterdir()}


def test_the_first_start_makes_all_and_the_next_changes_nothing(tmp_path: Path) -> None:
    assert make(tmp_path / "secrets") == list(MADE)
    first = contents(tmp_path / "secrets")
    assert make(tmp_path / "secrets") == []
    assert contents(tmp_path / "secrets") == first


def test_one_that_is_missing_is_made_and_the_others_stay(tmp_path: Path) -> None:
    make(tmp_path)
    first = contents(tmp_path)
    (tmp_path / "jwt_secret").unlink()
    (tmp_path / "broker_url").unlink()
    assert make(tmp_path) == ["jwt_secret"]
    second = contents(tmp_path)
    assert {name for name in first if first[name] != second[name]} == {"jwt_secret"}


def test_two_deployments_have_no_secret_in_common(tmp_path: Path) -> None:
    make(tmp_path / "one")
    make(tmp_path / "two")
    one, two = contents(tmp_path / "one"), contents(tmp_path / "two")
    assert [name for name in one if one[name] == two[name]] == []
    assert len({one[name] for name in MADE}) == len(MADE)


def test_programs_find_them_in_their_own_form(tmp_path: Path) -> None:
    make(tmp_path)
    made = contents(tmp_path)
    Fernet(made["fernet_key"])
    assert made["database_url"].endswith(f":{made['postgres_password']}@postgres:5432/airflow")
    assert made["result_backend"] == f"db+{made['database_url']}"
    assert f":{made['redis_password']}@redis:6379" in made["broker_url"]
    assert made["redis.conf"] == f"requirepass {made['redis_password']}\n"
    (identity,) = json.loads(made["s3.json"])["identities"]
    assert identity["credentials"] == [{"accessKey": made["s3_access_key"], "secretKey": made["s3_secret_key"]}]
    assert json.loads(made["airflow_users.json"]) == {"admin": made["airflow_password"]}


def test_nobody_else_may_read_them(tmp_path: Path) -> None:
    make(tmp_path)
    assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()} == {0o640}


def test_their_values_are_not_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "fernet_key" in said
    assert [name for name in MADE if (tmp_path / name).read_text() in said] == []
    main([str(tmp_path)])
    assert capsys.readouterr().out == "secrets: all there already\n"
