"""Every command and code sample of the guide and the README is run, or held against what checks it."""

import csv
import json
import os
import re
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import boto3
import duckdb
import duckdb_extension_httpfs
import pytest
import requests

from dev.patience import until
from dev.ports import free_port
from include.domain.errors import ConditionFailed
from include.domain.readings import Feed
from include.settings import load_settings
from include.sources.csv_folder import CsvFolder, entry, read_description
from include.storage.s3 import S3Store
from tests.distributed.compose import FILE, services
from tests.docs.mwaa import Mwaa
from tests.docs.samples import OUTPUT, PAGES, ROOT, Kind, Line, Sample, lines_of, samples, shell_lines
from tests.sources.contract import fetch, unit_of

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("docs"), pytest.mark.timeout(180)]

ALL = samples()
ADDRESS = "http://127.0.0.1:8000"
URL = re.compile(rf"(?:{ADDRESS})?/\S*")
AIRFLOW = "http://127.0.0.1:8080"
DRAWN = re.compile(r"[─►▲│┘]")
SHELL = sorted({sample.page for sample in ALL if sample.language == "sh"})
WITH_DATA = {"csv", "json", "yaml"}
"""Languages of files: a block has the file's name as its title, and another block or test uses it."""


def of(language: str) -> list[Any]:
    return [pytest.param(one, id=one.place) for one in ALL if one.language == language]


def is_output(sample: Sample) -> bool:
    return sample.language == "text" and sample.title == OUTPUT


@pytest.mark.parametrize("sample", [pytest.param(one, id=one.place) for one in ALL])
def test_a_rule_knows_what_to_do_with_each_block(sample: Sample) -> None:
    if sample.language == "sh":
        assert shell_lines(sample), f"{sample.place}: an empty block"
    elif sample.language in {"python", *WITH_DATA}:
        assert sample.title, f"{sample.place}: no title, so nothing can use it; say which file it is"
    elif sample.language == "text":
        urls = [line for line in sample.text.splitlines() if not (URL.fullmatch(line) or line == AIRFLOW)]
        assert is_output(sample) or not urls, f"{sample.place}: neither output nor URLs: {urls}"
    elif not sample.language:
        assert DRAWN.search(sample.text), f"{sample.place}: no language, and no drawing either"
    else:
        assert sample.language in {"sql", "mermaid"}, f"{sample.place}: no rule for a block of {sample.language!r}"


@pytest.mark.parametrize("sample", of("text"))
def test_a_url_answers(sample: Sample, api: str) -> None:
    for line in sample.text.splitlines() if not is_output(sample) else []:
        if line != AIRFLOW:
            answer = requests.get(api + line.removeprefix(ADDRESS), timeout=30)
            assert answer.status_code == 200, f"{sample.place}: {answer.text[:500]}"


def named_in_prose() -> list[Any]:
    found: dict[str, str] = {}
    for page in PAGES:
        for path in re.findall(
            r"(?<!`)`(/(?:api|health|docs|redoc|openapi)[^`{…\s]*)`", page.read_text(encoding="utf-8")
        ):
            found.setdefault(path, str(page.relative_to(ROOT)))
    return [pytest.param(path, page, id=path) for path, page in found.items()]


@pytest.mark.parametrize(("path", "page"), named_in_prose())
def test_a_path_that_the_prose_names_answers(path: str, page: str, api: str) -> None:
    answer = requests.get(api + path, timeout=30)
    assert answer.status_code == 200, f"{page}: {path}: {answer.text[:500]}"


@pytest.mark.parametrize("sample", of("sql"))
def test_sql_runs(sample: Sample, api: str, store: Path) -> None:
    folder = Path(duckdb_extension_httpfs.__file__).parent / "extensions" / f"v{duckdb.__version__}"
    text = sample.text.replace("data/simulated", str(store)).replace(ADDRESS, api)
    with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as connection:
        connection.execute(f"LOAD '{folder / 'httpfs.duckdb_extension'}'")
        assert connection.execute(text).fetchall(), f"{sample.place}: no rows"


def test_diagrams_are_those_of_mermaid() -> None:
    bundle = ROOT / "dev/mermaid/node_modules/@mermaid-js/tiny/dist/mermaid.tiny.js"
    assert bundle.exists(), "run `make guide`, which installs it"
    drawn = [one for one in ALL if one.language == "mermaid"]
    command = f"node {ROOT / 'tests/docs/parse_diagrams.js'} {bundle}"
    done = subprocess.run(
        [ROOT / "dev/npm", "exec", "--offline", "-c", command],
        cwd=ROOT / "dev/mermaid",
        input=json.dumps([one.text for one in drawn]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert [f"{one.place}: {error}" for one, error in zip(drawn, found, strict=True) if error] == []


@pytest.mark.parametrize("line", [pytest.param(one, id=one.text) for one in lines_of(Kind.COMPOSE)])
def test_compose_has_the_profile_the_service_and_the_variables(line: Line) -> None:
    before, words = line.text.split(" docker compose ")[0], line.text.partition("docker compose ")[2].split()
    given = dict(one.split("=") for one in before.split() if "=" in one)
    assert all(
        f"${{{name}:" in FILE.read_text() + "".join(one.read_text() for one in FILE.parent.glob("dev/compose/*.env"))
        for name in given
    )
    profiles = [words[words.index("--profile") + 1]] if "--profile" in words else []
    found = services(given, profiles=profiles)
    assert set(profiles) <= {one for service in found.values() for one in service.raw.get("profiles", [])}
    assert ("upstream" in found) == bool(profiles)
    assert {"up", "down", "exec"} & set(words)
    if words[0] == "exec":
        assert words[1] in found
        assert words[2] in {"airflow", "cat"}


def dry() -> list[Any]:
    prose = [
        Line(str(page.relative_to(ROOT)), command, Kind.DRY)
        for page in PAGES
        for command in re.findall(r"`(make [a-z][^`…]*)`", page.read_text(encoding="utf-8"))
    ]
    return [pytest.param(line, id=f"{line.place} {line.text}") for line in [*lines_of(Kind.DRY), *prose]]


@pytest.mark.parametrize("line", dry())
def test_make_has_the_target_and_takes_the_variables(line: Line) -> None:
    given, _, command = line.text.partition("make ")
    words = command.split()
    done = subprocess.run(["make", "-n", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{line.place}: {done.stderr}"
    values = [word.partition("=")[2] for word in words if "=" in word]
    assert [value for value in values if value not in done.stdout] == [], f"{line.place}: make has no use for it"
    for setting in given.split():
        known = load_settings(**{setting.partition("=")[0].removeprefix("GRID_").lower(): "x"}, store="x", contact="x")
        assert known, f"{line.place}: no setting {setting}"


@pytest.mark.parametrize("line", [pytest.param(line, id=line.place) for line in lines_of(Kind.SERVER)])
def test_a_server_starts(line: Line, copy: Path) -> None:
    port = str(free_port())
    with subprocess.Popen(["bash", "-c", f"exec env {line.text.replace('8000', port)}"], cwd=copy) as process:
        try:
            until(lambda: requests.get(f"http://127.0.0.1:{port}/api/current", timeout=5).ok, line.place, seconds=60)
        finally:
            process.terminate()


def run_page(page: str, copy: Path, *, api: str, moto: str, mwaa: str, tools: Path) -> dict[int, str]:
    """Run the shell blocks of a page as one script, as a reader would; what each printed, by its line."""
    here = [one for one in ALL if one.page == page]
    for one in here:
        if one.title and one.title != OUTPUT:
            (copy / one.title).write_text(one.text.replace(ADDRESS, api) + "\n", encoding="utf-8")
    parts = []
    for one in (one for one in here if one.language == "sh"):
        parts += [f"echo '@@@ {one.line}'", *(_ready(line) for line in shell_lines(one))]
    environment = {
        "PATH": f"{tools}:{os.environ['PATH']}",
        "HOME": str(copy),
        "AWS_ENDPOINT_URL": moto,
        "AWS_ENDPOINT_URL_MWAA": mwaa,
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    script = "\n".join(parts).replace(ADDRESS, api)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    told = re.split(r"^@@@ (\d+)\n", done.stdout, flags=re.MULTILINE)
    assert done.returncode == 0, f"{page}:{told[-2]}: {told[-1][-2000:]}{done.stderr[-2000:]}"
    return {int(number): text for number, text in zip(told[1::2], told[2::2], strict=True)}


def _ready(line: Line) -> str:
    """The line as it is run here; what is tested elsewhere does nothing."""
    if line.kind in {Kind.RUN, Kind.MWAA}:
        return re.sub(r"^curl ", "curl --fail-with-body ", line.text)
    if line.kind is Kind.SCAFFOLD:
        return line.text.replace("make ", "make --silent -o .venv/.synced ")
    return ":"


Run = Callable[[str], dict[int, str]]


@pytest.fixture
def run(copy: Path, api: str, moto: str, mwaa: Mwaa, aws_cli: Path) -> Run:
    """Runs a page in the copy."""
    return lambda page: run_page(page, copy, api=api, moto=moto, mwaa=mwaa.url, tools=aws_cli)


SET_UP = {
    "docs/how-to/restore-from-s3-versions.md",
    "docs/how-to/rotate-the-alert-address.md",
}
"""Pages that need something to be there; each has a test of its own."""


@pytest.mark.parametrize("page", [page for page in SHELL if page not in SET_UP])
def test_a_page_runs_and_prints_what_it_shows(page: str, run: Run) -> None:
    told = run(page)
    here = [one for one in ALL if one.page == page]
    for above, one in pairwise(here):
        if is_output(one):
            assert told[above.line].strip() == one.text, f"{one.place}: it prints something else"


def client(service: Literal["s3", "sns"], moto: str) -> Any:
    return boto3.client(
        service, endpoint_url=moto, region_name="eu-west-1", aws_access_key_id="test", aws_secret_access_key="test"
    )


def test_a_partition_is_restored_and_an_earlier_reader_is_refused(run: Run, moto: str, store: Path) -> None:
    page = "docs/how-to/restore-from-s3-versions.md"
    text = next(one for one in ALL if one.page == page and one.language == "sh").text
    names = dict(re.findall(r"export (\w+)=(\S+)", text))
    bucket, key = names["BUCKET"], names["KEY"]
    good = (store / key.partition("/")[2]).read_bytes()
    s3 = client("s3", moto)
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=bucket, Key=key, Body=good)
    spoiled = s3.put_object(Bucket=bucket, Key=key, Body=b"spoiled")["ETag"]
    told = run(page)
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == good
    assert any("WIND_ACTUAL" in text for text in told.values())
    with pytest.raises(ConditionFailed):
        S3Store(bucket=bucket, prefix="", client=s3).put(key, b"merged", expected=spoiled)


def test_only_the_new_address_is_left(run: Run, moto: str) -> None:
    sns = client("sns", moto)
    topic = sns.create_topic(Name="grid-alerts")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="old@example.org")
    run("docs/how-to/rotate-the-alert-address.md")
    left = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert [one["Endpoint"] for one in left] == ["new@example.org"]


def test_the_folder_of_csv_files_is_a_source(tmp_path: Path) -> None:
    blocks = [one for one in ALL if one.language in {"csv", "yaml"}]
    assert {one.page for one in blocks} == {"docs/how-to/add-a-source.md"}
    for one in blocks:
        (tmp_path / one.title).write_text(one.text, encoding="utf-8")
    assert read_description(tmp_path).feed is Feed.EIRGRID
    given = next(csv.DictReader(one.text.splitlines()) for one in blocks if one.language == "csv")
    day = next(row["time"] for row in given)[:10]
    settings = load_settings(store="unused", csv_folder=str(tmp_path), contact="tests@example.org")
    evening = datetime.fromisoformat(f"{day}T23:00:00").replace(tzinfo=UTC)
    found = fetch(
        CsvFolder.from_settings(settings, clock=lambda: evening),
        unit_of(entry(str(tmp_path)), "rooftop_solar", "ROI", day),
    )
    assert 0 in found.values()


def test_the_samples_that_are_files_are_used() -> None:
    """A titled block that no command of its page names would be a sample that is never run."""
    unused = []
    for one in (one for one in ALL if one.title and one.title != OUTPUT and one.language not in {"csv", "yaml"}):
        commands = "\n".join(other.text for other in ALL if other.page == one.page and other.language == "sh")
        unused += [one.place] if one.title not in commands else []
    assert unused == []
