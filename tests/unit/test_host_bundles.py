"""What is made of a file that claims to be a machine, and of one that wants to do harm."""

from __future__ import annotations

import gzip
import io
import subprocess
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from collectors import hosts
from collectors.contract import CutShortError
from collectors.hosts import HostCollector, accelerators, bundle, containers, kind_rows, open_files, probe_text, sniff
from collectors.hosts.bundle import DEEPEST, SIZE_LIMIT, BundleError
from normalize.errors import CollectError, ConfigError
from normalize.mapping import observe
from normalize.model import Observation
from tests.servers.sshd import QUIET

NONCE = "0123456789abcdef"
MACHINE_ID = "fedcba9876543210fedcba9876543210"
FACTS = f"hostname=gap01\nsystem=Linux\narch=x86_64\nmachine_id={MACHINE_ID}\n"


TOOLS = {"lsblk", "ss", "lscpu", "zpool", "rocm-smi-pids", *containers.ENGINES, *containers.STORES} | {
    s for k in kind_rows() for s in k.fetch.sections if "-smi" in s
}
SECTIONS = {"os-release", "cpuinfo", "interfaces", "docker-inspect"} | {
    s for k in kind_rows() for s in k.fetch.sections
}


def framed(**given: str) -> str:
    """Sections as the probe prints them: those given, and all others empty or of a tool that is not installed."""
    given = {name.replace("_", "-"): text for name, text in given.items()}
    return "".join(
        f"@{NONCE} begin {name}\n{given.get(name, '')}\n@{NONCE} stderr\n\n"
        f"@{NONCE} end {name} {127 if name in TOOLS - set(given) else 0}\n"
        for name in sorted(SECTIONS)
    )


def written(at: str = "2026-11-20T08:00:00Z", version: int = 1, **sections: str) -> bytes:
    """A bundle with these sections and a checksum that is right."""
    head = f"stocktake-bundle {version} {NONCE} {at}\n"
    content = (head + framed(**{"facts": FACTS} | sections) + f"@{NONCE} done 1\n").encode()
    return content + f"sha256 {sha256(content).hexdigest()}\n".encode()


def observed(collector: HostCollector, name: str) -> list[Observation]:
    kind = next(k for k in kind_rows() if k.name == name)
    return [observe(raw, kind) for scope in collector.scopes(kind) for raw in collector.collect(kind, scope)]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of the machine that runs the tests, written by the script alone."""
    path = tmp_path_factory.mktemp("bundle") / "own.bundle"
    text = b"set -- bundle\n" + probe_text().encode()
    done = subprocess.run(["sh", "-s"], input=text, capture_output=True, check=True)
    assert done.stderr == b""
    path.write_bytes(done.stdout)
    return path


def test_the_script_alone_writes_what_import_reads(own: Path) -> None:
    assert sniff(own) == ""
    (collector,) = open_files([own])
    (machine,) = observed(collector, "host.machine")
    known = Path("/proc/sys/kernel/osrelease").read_text().strip()
    assert machine.resource.attributes["kernel_version"] == known
    assert (datetime.now(UTC) - machine.observed_at).total_seconds() < 3600
    assert [s.account for s in collector.scopes(kind_rows()[0])] == [machine.resource.native_id]


def test_gzip_is_unpacked(own: Path, tmp_path: Path) -> None:
    packed = tmp_path / "own.bundle.gz"
    packed.write_bytes(gzip.compress(own.read_bytes()))
    assert sniff(packed) == ""
    assert bundle.read(packed).digest == bundle.read(own).digest


def test_of_one_machine_the_newest_bundle_is_read(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(written(at="2026-11-01T00:00:00Z"))
    new.write_bytes(written(at="2026-11-20T00:00:00Z"))
    for order in ([old, new], [new, old]):
        (collector,) = open_files(order)
        (machine,) = observed(collector, "host.machine")
        assert machine.observed_at == datetime(2026, 11, 20, tzinfo=UTC)


def test_two_machines_of_one_image_are_not_folded_into_one(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(written())
    two.write_bytes(written(facts=FACTS.replace("gap01", "gap02")))
    with pytest.raises(ConfigError, match="both come from one image"):
        open_files([one, two])


def _archive(kind: str) -> bytes:
    out = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(out, "w") as file:
            file.writestr("../../etc/cron.d/evil", written())
    else:
        with tarfile.open(fileobj=out, mode="w") as file:
            entry = tarfile.TarInfo("../../etc/cron.d/evil")
            entry.size = len(written())
            file.addfile(entry, io.BytesIO(written()))
    return out.getvalue()


def _resealed(content: bytes, old: bytes, new: bytes) -> bytes:
    """A bundle that was changed by somebody who knows how to make checksums."""
    body = content.rsplit(b"sha256 ", 1)[0].replace(old, new)
    return body + f"sha256 {sha256(body).hexdigest()}\n".encode()


GOOD = written(mounts="/dev/sda1 x")
HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "no bundle"),
    "a zip archive": (lambda: _archive("zip"), "zip archive"),
    "a tar archive": (lambda: _archive("tar"), "tar archive"),
    "a changed byte": (lambda: GOOD.replace(b"gap01", b"gap02"), "checksum is wrong"),
    "no checksum": (lambda: GOOD[: GOOD.rindex(b"sha256")], "cut short"),
    "cut in the middle": (lambda: GOOD[: len(GOOD) // 2], "cut short"),
    "something behind": (lambda: GOOD + b"more\n", "cut short"),
    "packed and cut": (lambda: gzip.compress(GOOD)[:-20], "cut short"),
    "packed and damaged": (lambda: gzip.compress(GOOD * 50)[:60] + b"\0" * 300, "damaged"),
    "packed twice": (lambda: gzip.compress(gzip.compress(GOOD)), "no bundle"),
    "two packed in one": (lambda: gzip.compress(GOOD) + gzip.compress(GOOD), "follows the end"),
    "another version": (lambda: written(version=2), "version 2"),
    "a time that is none": (lambda: written(at="2026-99-99T99:99:99Z"), "no time"),
    "a machine without a name": (lambda: written(facts="arch=x86_64"), "no machine id"),
    "a name that is a path": (lambda: _resealed(GOOD, b" facts", b" ../../etc/passwd"), "no section facts"),
    "deep lists": (lambda: written(lsblk="[" * 100_000), "nested deeper"),
    "deep lists that end": (lambda: written(lsblk="[" * 5000 + "]" * 5000), "nested deeper"),
    "deep objects": (lambda: written(docker='{"a":' * 5000 + "1" + "}" * 5000), "nested deeper"),
    "deep among flat": (lambda: written(docker="[[],{}," * 300 + "[]" + "]" * 300), "nested deeper"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_bundle_is_refused_in_words(what: str, tmp_path: Path) -> None:
    make, words = HOSTILE[what]
    path = tmp_path / "in" / "hostile.bundle"
    path.parent.mkdir()
    path.write_bytes(make())
    with pytest.raises(ConfigError, match=words) as raised:
        open_files([path])
    assert str(path) in str(raised.value)
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [path]


@pytest.mark.parametrize("what", ["nothing", "a zip archive", "packed twice"])
def test_what_does_not_begin_like_a_bundle_is_left_to_others(what: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(HOSTILE[what][0]())
    assert sniff(path)


class _Endless(io.RawIOBase):
    """A gigabyte that is made while it is read, and how much of it was."""

    def __init__(self, begin: bytes, rest: bytes) -> None:
        self.left, self.taken, self._begin, self._rest = 1 << 30, 0, begin, rest * (65536 // len(rest))

    def read(self, size: int = -1) -> bytes:
        piece, self._begin = self._begin[:size] or self._rest[:size], self._begin[size:]
        self.taken += len(piece)
        self.left -= len(piece)
        return piece if self.left > 0 else b""


HEAD = f"stocktake-bundle 1 {NONCE} 2026-11-20T08:00:00Z\n".encode()


def _bomb() -> Iterator[bytes]:
    packer = gzip.zlib.compressobj(1, wbits=31)  # type: ignore[attr-defined]
    yield packer.compress(HEAD)
    for _ in range((SIZE_LIMIT >> 20) + 8):
        yield packer.compress(b"\0" * (1 << 20))


@pytest.mark.parametrize(
    ("make", "most"),
    [
        (lambda: _Endless(b'{"a":[', b'{"b":1},'), 1 << 10),
        (lambda: _Endless(HEAD + f"@{NONCE} begin lsblk\n".encode(), b'{"b":1},'), SIZE_LIMIT + (1 << 17)),
        (lambda: io.BytesIO(b"".join(_bomb())), SIZE_LIMIT),
    ],
    ids=["a gigabyte of JSON", "a gigabyte in a section", "a bomb"],
)
def test_no_more_is_taken_than_is_bounded(make: Callable[[], io.IOBase], most: int) -> None:
    file = make()
    tracemalloc.start()
    try:
        with pytest.raises(BundleError, match=r"no bundle|more than 64 MiB"):
            bundle.taken(file)  # type: ignore[arg-type]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < most * 1.3 + (1 << 20)
    assert getattr(file, "taken", 0) <= most


def test_frames_that_never_end_are_read_in_linear_time() -> None:
    text = f"@{NONCE} begin a\n" * 200_000
    content = HEAD + text.encode()
    found = bundle.taken(io.BytesIO(content + f"sha256 {sha256(content).hexdigest()}\n".encode()))
    assert found.report.sections == {}


@pytest.mark.parametrize(
    ("section", "text", "kind"),
    [
        ("lsblk", "[1, 2", "host.disk"),
        ("lsblk", '{"blockdevices": 3}', "host.disk"),
        ("lsblk", '{"blockdevices": [[], 3]}', "host.disk"),
        ("docker", "[[1]]", "host.container"),
        ("listeners", "tcp zz:zz 0", "host.listener"),
        ("connections", "in zz 00 1", "host.connection"),
    ],
)
def test_nonsense_in_a_section_fails_its_kind_and_is_no_fault_of_ours(
    section: str, text: str, kind: str, tmp_path: Path
) -> None:
    path = tmp_path / "b"
    path.write_bytes(written(**{section: text}))
    (collector,) = open_files([path])
    with pytest.raises(CollectError):
        observed(collector, kind)
    assert len(observed(collector, "host.machine")) == 1


def test_a_section_that_is_too_long_fails_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "SECTION_LIMIT", 1 << 10)
    path = tmp_path / "b"
    path.write_bytes(written(mounts="x" * 5000))
    (collector,) = open_files([path])
    with pytest.raises(CollectError, match="printed more than"):
        observed(collector, "host.mount")
    assert len(observed(collector, "host.machine")) == 1


def test_bundle_that_changes_while_it_is_imported_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "b"
    path.write_bytes(written())
    (collector,) = open_files([path])
    path.write_bytes(written(at="2026-11-21T08:00:00Z"))
    with pytest.raises(CollectError, match="was changed"):
        observed(collector, "host.machine")


def test_a_machine_that_tells_too_much_is_cut_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "MOST_RECORDS", 5)
    path = tmp_path / "b"
    path.write_bytes(written(mounts="".join(f"/dev/sd{n}\t/m{n}\txfs\trw\t9 1 8\t9 1 8\n" for n in range(6))))
    (collector,) = open_files([path])
    with pytest.raises(CutShortError, match="more than 5"):
        observed(collector, "host.mount")


def test_a_document_of_tags_is_not_read() -> None:
    with pytest.raises(CollectError, match="tags"):
        accelerators.nvidia(f"<nvidia_smi_log>{'<gpu/>' * accelerators.MOST_TAGS}</nvidia_smi_log>")


def test_flat_brackets_are_not_deep() -> None:
    assert not bundle._deep("[]" * 100_000 + '{"a": "]]]]' + "[" * (DEEPEST - 1) + '"}')


def test_secrets_do_not_get_into_the_file(tmp_path: Path) -> None:
    shims = tmp_path / "bin"
    shims.mkdir()
    line = (
        '{"Id":"4f1c","Env":["HF_TOKEN=hf_aaaaaaaa","DB_SECRET_ARN=arn:aws:secretsmanager:x","PGPASSWORD=geheim"],'
        '"Args":["--api-key","sk-bbbbbb","--token=cccccc","s3://bucket/key","postgres://u:dddddd@db/x"]}'
    )
    docker = f"#!/bin/sh\ncase $1 in ps) echo 4f1c ;; inspect) cat <<'E'\n{line}\nE\n;; esac\n"
    (shims / "docker").write_text(docker)
    (shims / "docker").chmod(0o755)
    done = subprocess.run(
        ["sh", "-s"],
        input="set -- bundle\n" + probe_text(),
        env={"PATH": f"{shims}:{QUIET}:/usr/bin:/bin"},
        text=True,
        capture_output=True,
        check=True,
    )
    for secret in ("hf_aaaaaaaa", "geheim", "cccccc", "dddddd"):
        assert secret not in done.stdout
    for kept in ("arn:aws:secretsmanager:x", "s3://bucket/key", "@db/x"):
        assert kept in done.stdout
