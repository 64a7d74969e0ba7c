"""What is made of files of models and data, of images that engines hold, and of arrays over disks."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from collectors.contract import CutShortError
from collectors.frames import Section
from collectors.hosts import files, probe_text
from normalize.errors import CollectError, DeniedError, UnavailableError
from tests.unit.test_host_parsers import FACTS, MACHINE_ID, observed, report, text

FUNCTIONS = probe_text().partition('if [ "${1:-}" = bundle ]')[0]


def walked(root: Path, end: int = 1 << 40) -> str:
    """What the probe's own walk prints of a folder, as if it were the only file system."""
    script = f"{FUNCTIONS}\nfile_systems() {{ echo '{root}'; }}\nlimiter=none\nsearch_end={end}\nwalk\n"
    env = {"PATH": "/usr/bin:/bin"}
    return subprocess.run(["sh", "-s"], input=script, env=env, text=True, capture_output=True, check=True).stdout


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file system with models, data in partitions, a cache of the hub, and what tools leave."""
    root = tmp_path_factory.mktemp("disk")
    sizes = {
        "models/llama/model-00001-of-00002.safetensors": 4000,
        "models/llama/model-00002-of-00002.safetensors": 3000,
        "models/llama/q4.gguf": 500,
        "models/note.txt": 9,
        "data/clicks/year=2026/month=10/part-0.parquet": 100,
        "data/clicks/year=2026/month=11/part-0.parquet": 150,
        "data/imagenet/train.tfrecord-00000-of-01024": 70,
        "hub/models--meta-llama--Llama-3.1-8B/blobs/ab12": 900,
        "hub/datasets--acme--evals/blobs/cd34": 30,
        "proj/wandb/run-20261101_120000-x1/files/out.log": 1,
        "venv/lib/python3.11/site-packages/x.pt": 5,
        "proj/.dvc/config": 0,
        "odd name\twith tab/m.onnx": 8,
    }
    for name, size in sizes.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * size)
    (root / "proj/.dvc/config").write_text("[core]\n    remote = s\n['remote \"s\"']\n    url = s3://acme-dvc/store\n")
    os.utime(root / "models/llama/q4.gguf", (1_795_000_000, 1_795_000_000))
    for shard in (root / "models/llama").glob("*.safetensors"):
        os.utime(shard, (1_700_000_000, 1_700_000_000))
    return root


def test_models_are_told_by_folder_with_count_bytes_and_the_newest(tree: Path) -> None:
    found, error = observed("host.model_files", report(files=walked(tree)))
    assert error is None
    by_name = {str(o.resource.name).removeprefix(f"{tree}/"): o for o in found}
    assert sorted(by_name) == ["hub/models--meta-llama--Llama-3.1-8B", "models/llama"]
    llama = by_name["models/llama"].resource.attributes
    assert (llama["file_count"], llama["size_bytes"], llama["format"]) == (3, 7500, "gguf, safetensors")
    assert llama["modified_at"] == "2026-11-18T11:06:40Z"
    copy = by_name["hub/models--meta-llama--Llama-3.1-8B"]
    assert copy.resource.attributes["size_bytes"] == 900
    assert ("copy_of", "hf://meta-llama/Llama-3.1-8B") in {(r.verb, r.key) for r in copy.references}


def test_a_table_in_partitions_is_one_set_of_data(tree: Path) -> None:
    found, error = observed("host.dataset_files", report(files=walked(tree)))
    assert error is None
    seen = {str(o.resource.name).removeprefix(f"{tree}/"): o.resource.attributes["size_bytes"] for o in found}
    assert seen == {"data/clicks": 250, "data/imagenet": 70, "hub/datasets--acme--evals": 30}
    assert "hf://datasets/acme/evals" in {r.key for o in found for r in o.references}


def test_tools_that_keep_their_data_elsewhere_are_dependencies(tree: Path) -> None:
    found, error = observed("host.tool_folder", report(files=walked(tree)))
    assert error is None
    tracked = {o.resource.attributes["type"]: {r.key for r in o.references if r.verb == "tracked_by"} for o in found}
    assert tracked == {"dvc": {"s3://acme-dvc"}, "wandb": {"dns:api.wandb.ai"}}


def test_a_walk_says_where_it_stopped(tree: Path) -> None:
    found, error = observed("host.model_files", report(files=walked(tree, end=0)))
    assert found == []
    assert isinstance(error, CutShortError)
    assert f"{tree}: time ran out after 0 folders" in str(error)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("!\t124\t/data\t8412\t/data/a/b", "/data: time ran out after 8412 folders, at /data/a/b"),
        ("!\t126\t/home\t20\t/home/x", "/home: some folders could not be read"),
        ("!\t125\t/mnt/bucket\t0\t", "/mnt/bucket: not walked, as it is an object store"),
        ("!\t127\t/\t0\t", "find prints no sizes here"),
        ("!\t123\t/\t20000\t", "more folders hold such files than are told"),
    ],
)
def test_every_end_of_a_walk_is_said(line: str, words: str) -> None:
    found, error = observed("host.model_files", report(files=f"F\t/m\tgguf\t1\t5\t0\n{line}\n!\t0\t/ok\t5\t/ok/a\n"))
    assert (len(found), type(error)) == (1, CutShortError)
    assert words in str(error)
    assert "/ok" not in str(error)


@pytest.mark.parametrize(
    "junk", ["F\t/m\tgguf\tx\ty\tz", "F\trelative\tpt\t1\t1\t1", "F\t/m\texe\t1\t1\t1", "U\t/x\ty", "!", "T\t\t"]
)
def test_junk_of_a_walk_is_no_record(junk: str) -> None:
    found = files.walk(junk)
    assert (found.models, found.data, found.tools) == ([], [], [])


# --- images

DOCKER_IMAGES = "".join(
    json.dumps(item) + "\n"
    for item in (
        {"Id": "sha256:aa", "RepoTags": ["vllm/vllm-openai:v0.6.3"], "RepoDigests": ["vllm/vllm-openai@sha256:" + "1" * 64], "Size": 9_200_000_000, "Created": "2026-10-01T10:00:00Z"},
        {"Id": "sha256:bb", "RepoTags": ["ranker:dev"], "RepoDigests": [], "Size": 1000, "Created": "2026-11-01T10:00:00Z"},
        {"Id": "sha256:cc", "RepoTags": [], "RepoDigests": ["111122223333.dkr.ecr.eu-west-1.amazonaws.com/rank@sha256:" + "2" * 64], "Size": 5, "Created": None},
    )
)  # fmt: skip
CTR_IMAGES = f"k8s.io nvcr.io/nvidia/tritonserver:24.08-py3 application/vnd.oci.image.index.v1+json sha256:{'3' * 64} 6.1 GiB linux/amd64 io.cri-containerd.image=managed\n"


def test_images_are_those_of_registries_and_those_of_this_machine_alone() -> None:
    found, error = observed("host.image", report(docker_images=DOCKER_IMAGES, ctr_images=CTR_IMAGES))
    assert error is None
    seen = [
        (o.resource.name, o.resource.attributes.get("local_only"), o.resource.attributes.get("size_bytes"))
        for o in found
    ]
    assert seen == [
        ("vllm/vllm-openai:v0.6.3", False, 9_200_000_000),
        ("ranker:dev", True, 1000),
        ("111122223333.dkr.ecr.eu-west-1.amazonaws.com/rank", False, 5),
        ("nvcr.io/nvidia/tritonserver:24.08-py3", False, None),
    ]
    keys = [{r.key for r in o.references if r.verb == "copy_of"} for o in found]
    assert keys[0] == {"image://docker.io/vllm/vllm-openai"}
    assert keys[1] == set()
    assert keys[2] == {"image://111122223333.dkr.ecr.eu-west-1.amazonaws.com/rank"}


def test_images_of_other_engines_are_read() -> None:
    podman = [
        {
            "Id": "dd",
            "RepoTags": None,
            "Names": ["localhost/train:1"],
            "RepoDigests": ["localhost/train@sha256:" + "4" * 64],
            "Size": 7,
            "Created": 1_795_000_000,
        }
    ]
    crictl = {
        "images": [
            {
                "id": "sha256:ee",
                "repoTags": ["registry.k8s.io/pause:3.9"],
                "repoDigests": ["registry.k8s.io/pause@sha256:" + "5" * 64],
                "size": "321520",
            }
        ]
    }
    nerdctl = {
        "ID": "sha256:ff",
        "Repository": "alpine",
        "Tag": "3.20",
        "Digest": "sha256:" + "6" * 64,
        "CreatedAt": "2026-11-01 10:00:00 +0000 UTC",
        "Size": "8.0 MiB",
    }
    seen = report(
        podman_images=json.dumps(podman), crictl_images=json.dumps(crictl), nerdctl_images=json.dumps(nerdctl)
    )
    found, error = observed("host.image", seen)
    assert error is None
    assert [o.resource.name for o in found] == ["localhost/train:1", "alpine:3.20", "registry.k8s.io/pause:3.9"]
    assert [o.misfits for o in found if o.misfits] == []


def test_images_that_may_not_be_listed_are_denied() -> None:
    denied = Section("docker-images", 1, "", "permission denied while trying to connect to the Docker daemon socket")
    found, error = observed(
        "host.image", report(docker_images=denied, facts=FACTS + "engine_socket=/run/docker.sock\n")
    )
    assert found == []
    assert isinstance(error, DeniedError)


def test_no_engine_holds_no_images() -> None:
    _, error = observed("host.image", report())
    assert isinstance(error, UnavailableError)
    _, error = observed("host.image", report(facts=FACTS + "engine_socket=/run/containerd/containerd.sock\n"))
    assert not isinstance(error, UnavailableError)


@pytest.mark.parametrize("engine", ["docker", "podman", "nerdctl", "crictl", "ctr"])
@pytest.mark.parametrize("junk", ["{", "[3]", '{"x": 1}', "a"])
def test_junk_instead_of_images_is_an_error(engine: str, junk: str) -> None:
    _, error = observed("host.image", report(**{f"{engine}_images": junk}))
    assert isinstance(error, CollectError)


def test_containers_of_containerd_alone_are_read() -> None:
    rows = "k8s.io 4f1c0d registry.example.com/ml/serve:1 io.containerd.runc.v2\n"
    found, error = observed("host.container", report(ctr=rows))
    assert error is None
    assert (found[0].resource.name, found[0].resource.attributes["image"]) == (
        "4f1c0d",
        "registry.example.com/ml/serve:1",
    )


# --- arrays


def test_arrays_and_volumes_over_disks_are_read() -> None:
    part = {"name": "sda1", "kname": "sda1", "type": "part", "size": 9, "children": [
        {"name": "md0", "kname": "md0", "type": "raid1", "size": 1000, "fstype": "LVM2_member", "children": [
            {"name": "vg-data", "kname": "dm-0", "type": "lvm", "size": 900, "fstype": "xfs", "mountpoint": "/data"}]}]}  # fmt: skip
    tree = {
        "blockdevices": [
            {"name": d, "kname": d, "type": "disk", "size": 10, "children": [part]} for d in ("sda", "sdb")
        ]
    }
    mdstat = "Personalities : [raid1]\nmd0 : active raid1 sdb1[1](F) sda1[0]\n      1046528 blocks super 1.2 [2/1] [U_]\n\nunused devices: <none>\n"
    found, error = observed(
        "host.array", report(lsblk=json.dumps(tree), mdstat=mdstat, zpool="tank\t9000\t4000\t5000\tONLINE\n")
    )
    assert error is None
    assert [(o.resource.name, o.resource.attributes["type"], o.resource.attributes.get("state")) for o in found] == [
        ("md0", "raid1", "degraded"),
        ("vg-data", "lvm", None),
        ("tank", "zfs", "ONLINE"),
    ]
    made = {r.key for r in found[0].references if r.verb == "made_from"}
    assert made == {f"host://{MACHINE_ID}/disk/sda", f"host://{MACHINE_ID}/disk/sdb"}
    assert found[1].resource.attributes["mount_points"] == ["/data"]


def test_arrays_that_cannot_be_seen_are_not_none() -> None:
    found, error = observed("host.array", report(zpool="tank\t9\t4\t5\tONLINE\n"))
    assert (len(found), isinstance(error, CollectError)) == (1, True)
    _, error = observed(
        "host.array",
        report(lsblk='{"blockdevices": []}', zpool=Section("zpool", 1, "", "The ZFS modules are not loaded.")),
    )
    assert isinstance(error, CollectError)


def test_what_lies_on_disks_in_lsblks_own_words_is_read() -> None:
    found, error = observed("host.array", report(lsblk=text("host.disk/lsblk-2.39.json")))
    assert error is None
    assert [(o.resource.name, o.resource.attributes["type"]) for o in found] == [("md0", "raid0")]


def test_a_mount_of_beegfs_points_at_its_management_server() -> None:
    facts = FACTS + "beegfs_management=storage01.acme.internal\n"
    found, _ = observed(
        "host.mount", report(facts=facts, mounts="beegfs_nodev\t/scratch\tbeegfs\trw\t100 50 50\t10 5 5\n")
    )
    assert "dns:storage01.acme.internal" in {r.key for r in found[0].references}
