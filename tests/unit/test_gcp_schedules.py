"""What a schedule starts is a link, whichever API it calls."""

from __future__ import annotations

import pytest

from collectors.gcp.messaging import _of_schedule

JOB = "//run.googleapis.com/projects/ml-prod/locations/us-central1/jobs/embed"


@pytest.mark.parametrize(
    ("uri", "started"),
    [
        (
            "https://workflowexecutions.googleapis.com/v1/projects/ml-prod/locations/us-central1/workflows/retrain/executions",
            ["//workflows.googleapis.com/projects/ml-prod/locations/us-central1/workflows/retrain"],
        ),
        ("https://run.googleapis.com/v2/projects/ml-prod/locations/us-central1/jobs/embed:run", [JOB]),
        ("https://us-central1-run.googleapis.com/apis/run.googleapis.com/v1/namespaces/ml-prod/jobs/embed:run", [JOB]),
        ("https://score-abc-uc.a.run.app/retrain", []),
    ],
)
def test_what_a_schedule_starts_is_named(uri: str, started: list[str]) -> None:
    assert _of_schedule({"httpTarget": {"uri": uri}})["$Started"] == started
