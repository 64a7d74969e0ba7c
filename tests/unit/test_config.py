"""A wrong configuration names the key, the value, what is accepted, and the file and line."""

from pathlib import Path

import pytest

from discovery.config import SAMPLE, AwsSource, MlflowSource, load
from normalize.errors import ConfigError


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "stocktake.toml"
    file.write_text(text, encoding="utf-8")
    return file


def refusal(tmp_path: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, text))
    return str(caught.value)


def test_the_sample_is_accepted_as_it_stands(tmp_path: Path) -> None:
    assert load(written(tmp_path, SAMPLE)).source == []


def test_every_block_of_the_sample_is_accepted_once_uncommented(tmp_path: Path) -> None:
    lines = [
        line.removeprefix("# ") if line.startswith("# ") and (" = " in line or line.startswith("# [")) else line
        for line in SAMPLE.splitlines()
    ]
    text = "\n".join(line for line in lines if not line.startswith("#"))
    config = load(written(tmp_path, text))
    assert [s.type for s in config.source] == [
        "aws",
        "gcp",
        "azure",
        "kubernetes",
        "mlflow",
        "host",
        "host",
        "slurm",
        "slurm",
    ]
    assert [s.name for s in config.schedule] == ["nightly"]
    assert (config.plan.link_gbps, config.plan.link_share, config.plan.freeze_hours) == (10, 0.5, 4)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('databse = "x"', ['stocktake.toml:1: key "databse" is not known', 'did you mean "database"?']),
        ('database = "mysql://h/d"', ["stocktake.toml:1: database = 'mysql://h/d'", "sqlite:///FILE"]),
        (
            '[[source]]\ntype = "aws"\nname = "a"\n\n[[source]]\ntype = "aws"\nname = "b"\nregion = ["x"]',
            ['stocktake.toml:8: key "region" is not known', 'did you mean "regions"?'],
        ),
        (
            '[[source]]\ntype = "awss"\nname = "a"',
            ['stocktake.toml:2: source: type = "awss"', "kubernetes", 'did you mean "aws"?'],
        ),
        ('[[source]]\nname = "a"', ["stocktake.toml:1: source: type is missing", "accepted: aws"]),
        ('[[source]]\ntype = "mlflow"\nname = "r"', ["stocktake.toml:1: source.tracking_uri is missing"]),
        ('[[source]]\ntype = "aws"\nname = "a"\naccounts = ["12"]', ["stocktake.toml:4: source.accounts", "12 digits"]),
        ('[[source]]\ntype = "aws"\nname = "a"\naccounts = "organization"', ["needs role"]),
        (
            '[[source]]\ntype = "mlflow"\nname = "r"\ntracking_uri = "http://u:p@h"',
            [":4:", "without user name and password"],
        ),
        ('[[source]]\ntype = "host"\nname = "h"', ["needs hosts, hosts_file or local = true"]),
        (
            '[[source]]\ntype = "aws"\nname = "a"\n[[source]]\ntype = "aws"\nname = "a"',
            [':6: source name "a" is used twice'],
        ),
        ('[[schedule]]\nname = "n"\ncron = "0 3 * *"', [":3:", "five cron fields"]),
        ('[[schedule]]\nname = "n"\ncron = "0 3 * * *"\ntimezone = "Mars/One"', [":4:", "time zone"]),
        ('[[schedule]]\nname = "n"\ncron = "0 3 * * *"\nsources = ["x"]', [':4: schedule "n" names source "x"']),
        ("database = ", ["not TOML"]),
    ],
)
def test_a_wrong_configuration_says_where_and_what_is_accepted(tmp_path: Path, text: str, expected: list[str]) -> None:
    message = refusal(tmp_path, text)
    assert [e for e in expected if e not in message] == [], message


@pytest.mark.parametrize("key", ["tracking_uri = 'http://ada:hunter2@h'", "tracking_uri = 'http://h'\naliases = ['http://ada:hunter2@h']"])  # fmt: skip
def test_a_password_never_shows_in_a_refusal(tmp_path: Path, key: str) -> None:
    message = refusal(tmp_path, f'[[source]]\ntype = "mlflow"\nname = "a"\n{key}\n')
    assert "without user name and password" in message
    assert "hunter2" not in message


MLFLOW = '[[source]]\ntype = "mlflow"\nname = "r"\ntracking_uri = "http://127.0.0.1:5001"\n'
CLUSTERS = '[[source]]\ntype = "kubernetes"\nname = "train"\n[[source]]\ntype = "kubernetes"\nname = "serve"\n'


@pytest.mark.parametrize(
    ("text", "cluster"),
    [
        (MLFLOW, None),
        (MLFLOW + 'aliases = ["http://mlflow.ml.svc:5000"]\n' + CLUSTERS[: len(CLUSTERS) // 2], "train"),
        (MLFLOW + 'aliases = ["http://mlflow.ml.svc:5000"]\ncluster = "serve"\n' + CLUSTERS, "serve"),
        (MLFLOW + 'aliases = ["https://mlflow.corp.example"]\n' + CLUSTERS, None),
    ],
)
def test_in_cluster_aliases_hold_in_the_named_cluster_or_the_only_one(tmp_path: Path, text: str, cluster: str | None) -> None:  # fmt: skip
    source = load(written(tmp_path, text)).source[0]
    assert isinstance(source, MlflowSource)
    assert source.cluster == cluster


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('aliases = ["mlflow.ml.svc:5000"]', [":5: source.aliases", "accepted: an http:// or https:// URL"]),
        ('aliases = ["http://localhost:5000"]', [":5: source.aliases", "on every machine"]),
        ('aliases = ["http://mlflow:5000"]', [":5: source.aliases", "http://mlflow.NAMESPACE.svc:5000"]),
        ('aliases = ["http://mlflow.ml.svc:5000"]\n' + CLUSTERS, [":5:", "add cluster = NAME; accepted: serve, train"]),
        ('cluster = "trian"\n' + CLUSTERS, [':5: cluster = "trian"', 'did you mean "train"?']),
        ('cluster = "train"', ["none is configured"]),
    ],
)
def test_an_alias_that_cannot_work_is_refused(tmp_path: Path, text: str, expected: list[str]) -> None:
    message = refusal(tmp_path, MLFLOW + text)
    assert [e for e in expected if e not in message] == [], message


def test_left_out_regions_stay_unknown(tmp_path: Path) -> None:
    source = load(written(tmp_path, '[[source]]\ntype = "aws"\nname = "a"')).source[0]
    assert isinstance(source, AwsSource)
    assert source.regions is None


def test_a_missing_file_names_init(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="stocktake init"):
        load(tmp_path / "none.toml")
