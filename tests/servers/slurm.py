"""A real Slurm controller on loopback with nodes whose GPUs are plain files. Needs root and Debian's slurm-wlm and munge."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

SBIN = "/usr/sbin:/usr/bin:/sbin:/bin"
START_SECONDS = 30

_CONF = """\
ClusterName=lab
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
AuthType=auth/munge
AuthInfo=socket={run}/munge.sock
CredType=cred/munge
SlurmUser=root
SlurmctldPidFile={run}/slurmctld.pid
SlurmdPidFile={run}/slurmd-%n.pid
StateSaveLocation={run}/state
SlurmdSpoolDir={run}/spool-%n
SlurmctldLogFile={run}/slurmctld.log
SlurmdLogFile={run}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=sched_min_interval=0,batch_sched_delay=0
GresTypes=gpu
SlurmdParameters=config_overrides
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
NodeName=dgx1 NodeHostname={host} NodeAddr=127.0.0.1 Port={node_port} CPUs=112 Sockets=2 CoresPerSocket=56 ThreadsPerCore=1 RealMemory=2000000 Gres=gpu:h100:8 Features=hopper,nvlink
NodeName=dead1 NodeHostname=dead1 NodeAddr=127.0.0.99 CPUs=64 RealMemory=256000 Gres=gpu:a100:4
PartitionName=train Nodes=dgx1 Default=YES MaxTime=7-0 State=UP
PartitionName=batch Nodes=dead1 MaxTime=1-0 State=UP
"""


def available() -> bool:
    """Whether Slurm and munge are installed and may be started."""
    return os.geteuid() == 0 and all(shutil.which(p, path=SBIN) for p in ("slurmctld", "slurmd", "munged", "sbatch"))


@contextlib.contextmanager
def cluster(directory: Path) -> Iterator[Path]:
    """A cluster with one running job of four GPUs; the path of its slurm.conf. Lives as long as the context.

    Raises:
        RuntimeError: it did not start; the message has the controller's log.
    """
    key = directory / "munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o400)
    (directory / "state").mkdir()
    (directory / "spool-dgx1").mkdir()
    for number in range(8):
        (directory / f"gpu{number}").touch()
    host = socket.gethostname().partition(".")[0]
    conf = directory / "slurm.conf"
    conf.write_text(_CONF.format(host=host, run=directory, port=_free_port(), node_port=_free_port()))
    (directory / "gres.conf").write_text(
        f"NodeName=dgx1 Name=gpu Type=h100 File={directory}/gpu[0-7]\nNodeName=dead1 Name=gpu Type=a100 Count=4\n"
    )
    environment = os.environ | {"SLURM_CONF": str(conf), "PATH": f"{SBIN}:{os.environ['PATH']}"}

    def run(*command: str) -> str:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    started: list[subprocess.Popen[bytes]] = []

    def start(*command: str) -> None:
        started.append(
            subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        )  # fmt: skip

    try:
        start("munged", "--foreground", "--force", f"--key-file={key}", f"--socket={directory}/munge.sock",
              f"--pid-file={directory}/munged.pid", f"--log-file={directory}/munged.log", f"--seed-file={directory}/munge.seed")  # fmt: skip
        _await(lambda: (directory / "munge.sock").exists(), directory)
        start("slurmctld", "-D", "-c", "-f", str(conf))
        _await(lambda: "is UP" in run("scontrol", "ping"), directory)
        start("slurmd", "-D", "-N", "dgx1", "-f", str(conf))
        script = directory / "train.sh"
        script.write_text("#!/bin/sh\nsleep 600\n")
        run(
            "sbatch",
            "--gres=gpu:h100:4",
            "-c",
            "8",
            "--time=60",
            "-J",
            "llama-ft-0042",
            "-D",
            str(directory),
            "-o",
            "/dev/null",
            str(script),
        )
        _await(lambda: "RUNNING" in run("squeue", "-h", "-o", "%T"), directory)
        run("scontrol", "create", "reservation=maint", "starttime=now+1day", "duration=60", "users=root", "nodes=dgx1")
        yield conf
    finally:
        run("scancel", "--full", "--name=llama-ft-0042", "--signal=KILL")
        for process in reversed(started):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)
        for pid in _job_steps(directory):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _job_steps(directory: Path) -> Iterator[int]:
    """What the node has started for the job; it outlives the node's daemon by design."""
    for entry in Path("/proc").iterdir():
        if (
            entry.name.isdecimal()
            and int(entry.name) != os.getpid()
            and str(directory) in _environment(int(entry.name))
        ):
            yield int(entry.name)


def _environment(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace")
    except OSError:
        return ""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(ready: object, directory: Path) -> None:
    assert callable(ready)
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if time.monotonic() > deadline:
            log = directory / "slurmctld.log"
            raise RuntimeError(
                f"Slurm does not start: {log.read_text(errors='replace')[-2000:] if log.exists() else 'no log'}"
            )
        time.sleep(0.1)
