"""A real Slurm of one node, started from nothing in a folder of its own, and what tests do to it.

Five daemons: munge, MariaDB, slurmdbd (without which `sacct`, by which submitit learns of a killed job, says
nothing), slurmctld and slurmd. All listen on 127.0.0.1 or on sockets in the folder, on ports that were free,
so that several such clusters may stand side by side. No systemd, no cgroup; it must be root. It is stricter
than Slurm's defaults in one thing: a job that does not ask for it is never requeued, as at some sites.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

PACKAGES = ("slurm-wlm", "slurmdbd", "munge", "mariadb-server")
PROGRAMS = (
    "munged",
    "mariadbd",
    "mariadb-install-db",
    "slurmdbd",
    "sacctmgr",
    "slurmctld",
    "slurmd",
    "sbatch",
)
GRACE_S = 20
"""Between Slurm's word that a job is preempted and its end, which is up to 30 s later."""
PATIENCE_S = 180.0
"""How long is waited for what takes a second on an idle machine: others may be at work on it."""
PORTS = range(20_000, 32_000)
"""Below those that systems give to connections, which could take a daemon's port before it listens."""

_SLURM = """\
ClusterName=simula
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={slurmctld}
SlurmdPort={slurmd}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={slurmdbd}
AccountingStoragePass={folder}/munge.socket
JobAcctGatherType=jobacct_gather/linux
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=1,sched_interval=1
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
ReturnToService=2
JobRequeue=0
KillWait=5
MessageTimeout=60
BatchStartTimeout=120
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmdParameters=config_overrides
NodeName=localhost NodeHostname={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={memory}
PartitionName=low Nodes=localhost Default=YES PriorityTier=1 GraceTime={grace}
PartitionName=high Nodes=localhost PriorityTier=10 PreemptMode=OFF
"""
_SLURMDBD = """\
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CommunicationParameters=NoInAddrAny
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort={slurmdbd}
SlurmUser=root
PidFile={folder}/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={mariadb}
StorageUser=root
"""

_LAUNCHER = """\
# @package hydra.launcher
# A node of two cores and no GPU, that of slurm/up.sh.
defaults: [slurm_gpu, _self_]
gres: null
cpus_per_task: 1
mem_gb: 2
cpu_jobs: {cpus_per_task: 1, mem_gb: 1}
"""
_SAID = """\
It is up: a node of partition 'low' (and 'high', which goes before it), until Ctrl-C. In another shell:

  export SLURM_CONF={folder}/slurm.conf SIMULA_ROOT={folder}/simula
  .venv/bin/simula run -m experiment=lab size=40 --config-dir {conf} hydra/launcher=one_node
  .venv/bin/simula status -m experiment=lab size=40 --watch
"""


@dataclass(slots=True)
class Cluster:
    """A running cluster."""

    folder: Path
    ports: dict[str, int]
    daemons: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to know to submit; its jobs inherit it."""
        return {**os.environ, "PATH": _paths(), "SLURM_CONF": str(self.folder / "slurm.conf")}

    def ask(self, *command: str) -> str:
        """What one of Slurm's commands says."""
        ended = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=PATIENCE_S
        )
        if ended.returncode:
            raise AssertionError(f"{' '.join(command)}: {ended.stderr or ended.stdout}")
        return ended.stdout

    def job(self, job: str) -> dict[str, str]:
        """What Slurm knows of a job: JobState, Restarts, …"""
        words = self.ask("scontrol", "show", "job", job, "--oneliner").split()
        return dict(word.partition("=")[::2] for word in words)

    @contextmanager
    def configured(self, line: str) -> Iterator[None]:
        """With another line in slurm.conf."""
        file = self.folder / "slurm.conf"
        before = file.read_text()
        try:
            file.write_text(f"{before}{line}\n")
            self.ask("scontrol", "reconfigure")
            yield
        finally:
            file.write_text(before)
            self.ask("scontrol", "reconfigure")

    def lose_node(self, *jobs: str) -> None:
        """The node dies with all that runs on it: nobody gets a signal but the one that cannot be heard."""
        # Of an array's element only its JobId is known there.
        listed: list[str] = []
        for job in jobs:
            # One that has ended meanwhile has no processes, which Slurm says with its exit code.
            with contextlib.suppress(AssertionError):
                listed += self.ask("scontrol", "listpids", self.job(job)["JobId"]).splitlines()[1:]
        processes = {int(line.split()[0]) for line in listed}
        # What holds a job's processes is not listed, and would tell the controller how they ended.
        holders = {parent for process in processes if (parent := _parent(process)) > 1} - processes
        self.daemons["slurmd"].kill()
        self.daemons["slurmd"].wait()
        for process in (*holders, *processes):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self.ask("scontrol", "update", "nodename=localhost", "state=down", "reason=lost")

    def find_node(self) -> None:
        """A lost node comes back."""
        self._start("slurmd", "slurmd", "-D", "-N", "localhost")
        # It may have come back by itself meanwhile: then there is nothing to resume, says Slurm.
        with contextlib.suppress(AssertionError):
            self.ask("scontrol", "update", "nodename=localhost", "state=resume")
        self.wait("the node", lambda: "down" not in self.ask("sinfo", "--noheader", "--format=%T"))

    def _start(self, name: str, *command: str) -> None:
        """Start a daemon, which ends when this process does, however that ends."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self.daemons[name] = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *command],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _up(self) -> None:
        here, ports = self.folder, self.ports
        self._start(
            "munged",
            *("munged", "--foreground", "--force", f"--socket={here}/munge.socket"),
            *(f"--key-file={here}/munge.key", f"--pid-file={here}/munge.pid"),
            *(f"--seed-file={here}/munge.seed", f"--log-file={here}/munge.log"),
        )
        subprocess.run(
            [
                *("mariadb-install-db", "--no-defaults", f"--datadir={here}/database", "--user=root"),
                *("--auth-root-authentication-method=normal", "--skip-test-db"),
            ],
            check=True,
            capture_output=True,
        )
        self._start(
            "mariadb",
            *("mariadbd", "--no-defaults", "--user=root", f"--datadir={here}/database"),
            *("--bind-address=127.0.0.1", f"--port={ports['mariadb']}", f"--socket={here}/mariadb.socket"),
            *("--innodb-buffer-pool-size=64M", "--innodb-lock-wait-timeout=900"),
        )
        self._listens("mariadb")
        self._start("slurmdbd", "env", f"SLURM_CONF={here}/slurm.conf", "slurmdbd", "-D")
        self._listens("slurmdbd")
        self.ask("sacctmgr", "--immediate", "add", "cluster", "simula")
        self._start("slurmctld", "slurmctld", "-D", "-i")
        self._listens("slurmctld")
        self._start("slurmd", "slurmd", "-D", "-N", "localhost")
        self.wait("an idle node", lambda: "idle" in self.ask("sinfo", "--noheader", "--format=%T"))

    def _listens(self, name: str) -> None:
        def listens() -> bool:
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.ports[name])) == 0

        self.wait(f"{name} to listen", listens)

    def wait(self, what: str, met: Callable[[], object], seconds: float = PATIENCE_S) -> None:
        """Until something is so. Raises AssertionError where it is not in time, or a daemon is gone."""
        until = time.monotonic() + seconds
        while not met():
            for name, daemon in self.daemons.items():
                if daemon.poll() is not None and name != "slurmd":
                    raise AssertionError(f"{name} ended: {_end(self.folder / f'{name}.log')}")
            if time.monotonic() > until:
                raise AssertionError(f"waited {seconds:.0f} s for {what}; the daemons' words: {self.folder}")
            time.sleep(0.1)

    def _down(self) -> None:
        """End the daemons, those first that others rest on last."""
        if "slurmctld" in self.daemons:
            subprocess.run(["scancel", "--user=root"], env=self.environment, check=False, timeout=60)
        for daemon in reversed(self.daemons.values()):
            daemon.terminate()
            try:
                daemon.wait(10)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()


@contextmanager
def started(folder: Path, cpus: int | None = None) -> Iterator[Cluster]:
    """A cluster in `folder`, until the block ends; its node has so many cores, or seems to."""
    install()
    names = ("slurmctld", "slurmd", "slurmdbd", "mariadb")
    cluster = Cluster(folder, dict(zip(names, _free_ports(len(names)), strict=True)))
    values = {
        **cluster.ports,
        "folder": folder,
        "host": socket.gethostname().partition(".")[0],
        "cpus": cpus or os.cpu_count(),
        "memory": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20 - 512,
        "grace": GRACE_S,
    }
    for name, text in (("slurm.conf", _SLURM), ("slurmdbd.conf", _SLURMDBD)):
        (folder / name).write_text(text.format(**values))
        (folder / name).chmod(0o600)
    (folder / "munge.key").write_bytes(secrets.token_bytes(128))
    (folder / "munge.key").chmod(0o400)
    try:
        cluster._up()
        yield cluster
    finally:
        cluster._down()


def missing() -> list[str]:
    """The programs that are needed and not installed."""
    return [name for name in PROGRAMS if shutil.which(name, path=_paths()) is None]


def why_not() -> str:
    """Why this machine cannot have a cluster; empty where it can, after an installation perhaps."""
    if os.geteuid() != 0:
        return "a Slurm of one's own needs root"
    if missing() and shutil.which("apt-get") is None:
        return f"a Slurm of one's own needs {', '.join(PACKAGES)}, which apt-get of a Debian installs"
    return ""


def install() -> None:
    """Debian's Slurm, where it is missing. Raises AssertionError where it cannot be had."""
    if not missing():
        return
    wanted = f"these tests need {', '.join(PACKAGES)}, of which {', '.join(missing())} are missing"
    if reason := why_not():
        raise AssertionError(f"{wanted}: {reason}")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    patient = ("-o", "Acquire::Retries=3", "-o", "DPkg::Lock::Timeout=120")
    for command in (["update"], ["install", "-y", "--no-install-recommends", *PACKAGES]):
        ended = subprocess.run(["apt-get", *patient, *command], env=quiet, capture_output=True, text=True)
        if ended.returncode:
            raise AssertionError(f"{wanted}: apt-get {command[0]} failed: {ended.stderr.strip()[-500:]}")


def _paths() -> str:
    """Where programs are, those of daemons too."""
    return os.pathsep.join([os.environ["PATH"], "/usr/sbin"])


def _free_ports(count: int) -> list[int]:
    found: list[int] = []
    while len(found) < count:
        port = secrets.choice(PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            found.append(port)
    return found


def _parent(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def _end(log: Path) -> str:
    return log.read_text(errors="replace")[-500:]


def main() -> None:
    """Start a cluster in the folder that is named, and keep it until Ctrl-C or a termination."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    folder = Path(sys.argv[1]).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    print(f"starting a Slurm of one node in {folder}, a few seconds ...", flush=True)
    with contextlib.suppress(KeyboardInterrupt), started(folder) as running:
        launcher = folder / "conf" / "hydra" / "launcher" / "one_node.yaml"
        launcher.parent.mkdir(parents=True, exist_ok=True)
        launcher.write_text(_LAUNCHER)
        print(_SAID.format(folder=running.folder, conf=folder / "conf"), flush=True)
        while True:
            time.sleep(60)


if __name__ == "__main__":
    main()
