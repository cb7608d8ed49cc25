"""The command line: `simula <command> [Hydra overrides]`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from simula.arguments import RUNS, Arguments, check_fitting, read_arguments
from simula.errors import ConfigurationError, SimulaError, StoreError, unknown
from simula.help import COMMANDS, command_help, completion_script, conf_folder, general_help
from simula.permissions import keep_to_oneself
from simula.visible import fall_silent, visible

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from simula.composition import Cell
    from simula.teacher import Spending


def main() -> None:
    """Entry point of the `simula` command."""
    keep_to_oneself()
    arguments = sys.argv[1:]
    debug = "--debug" in arguments
    arguments = [argument for argument in arguments if argument != "--debug"]
    try:
        code = _dispatch(arguments)
        sys.stdout.flush()
        sys.exit(code)
    except BrokenPipeError:
        fall_silent()
        sys.exit(0)
    except SimulaError as error:
        if debug:
            raise
        for line in visible(str(error)).splitlines():
            print(f"simula: {line}", file=sys.stderr)
        sys.exit(error.exit_code)
    except OSError as error:
        if debug:
            raise
        print(f"simula: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("simula: stopped; the same command goes on from here", file=sys.stderr)
        sys.exit(130)


def _dispatch(arguments: Sequence[str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(general_help())
        return 0 if arguments else 2
    command, *rest = arguments
    if command == "--version":
        from importlib.metadata import version

        print(f"simula {version('simula')}")
        return 0
    if command not in COMMANDS:
        raise ConfigurationError(unknown(command, sorted(COMMANDS), "command"))
    if {"-h", "--help"} & set(rest):
        print(command_help(command))
        return 0
    if command == "completion":
        if rest:
            raise ConfigurationError(f"completion takes no words, and {' '.join(rest)} was given")
        print(completion_script())
        return 0
    return _run(command, read_arguments(rest))


def _run(command: str, arguments: Arguments) -> int:
    check_fitting(command, arguments)
    if arguments.hydra:
        # These print and end; no cell is run.
        _launch(command, arguments)
        return 0
    if command == "show":
        return _show(arguments)
    if command == "cancel":
        return _cancel(arguments)
    if command == "track":
        from simula.track import track

        return track(arguments.overrides, arguments.folder, sweep=arguments.sweep)
    from simula.composition import cells
    from simula.progress import thinking

    everything = not arguments.name_cells and command in ("status", "report")
    own = ["system=full"] if command == "advise" else []
    with thinking("reading the configuration …") if arguments.sweep else nullcontext():
        chosen = cells([*own, *arguments.overrides], sweep=arguments.sweep, extra_folder=arguments.folder)
    if command == "plan":
        from simula.plan import print_plan

        return print_plan(chosen, as_json=arguments.json)
    if command == "status":
        return _status(chosen, arguments, everything=everything)
    if command == "report":
        from simula.report.loading import report

        return report(chosen, everything=everything)
    if command == "doctor":
        return _doctor(chosen, arguments)
    if command == "export":
        from simula.export import export, export_student

        return (export_student if arguments.student else export)(chosen, arguments.folder)
    if arguments.inspect:
        from simula.report.inspection import print_inspection

        return print_inspection(chosen)
    _check_writable(chosen[0].config.paths.root)
    if command == "advise":
        from simula.advise import advise

        return advise(chosen, arguments.folder, as_json=arguments.json)
    if RUNS[command] == "evaluate":
        from simula.stages.evaluate import check_served

        check_served([cell.config for cell in chosen])
    if arguments.sweep and (code := _submit(command, arguments, chosen)) is not None:
        return code
    _fetch_measured(chosen)
    spending = _launch(command, arguments)
    return _conclude(command, chosen, spending)


def _submit(command: str, arguments: Arguments, chosen: Sequence[Cell]) -> int | None:
    """Submit a sweep to Slurm and end, where that is what its launcher says; else None."""
    from simula.composition import launcher
    from simula.sweep.settings import read_launcher

    said = launcher(arguments.overrides, extra_folder=arguments.folder)
    settings = read_launcher(said)
    if settings is None and "submitit" not in str(said.get("_target_")):
        return None
    from simula.sweep.submit import check_writers, submit

    if settings is None:
        root = chosen[0].config.paths.root
        check_writers(root / "runs", [root])  # where Hydra's launcher of processes has its pickles
        return None
    print(submit([cell.config for cell in chosen], RUNS[command], settings).sentences())
    return 0


def _status(chosen: Sequence[Cell], arguments: Arguments, *, everything: bool) -> int:
    from simula.plan import still_to_do
    from simula.report.status import print_status

    return print_status(
        chosen, everything=everything, as_json=arguments.json, watch=arguments.watch, cost=still_to_do
    )


def _doctor(chosen: Sequence[Cell], arguments: Arguments) -> int:
    from simula.composition import launcher
    from simula.doctor import doctor
    from simula.sweep.settings import read_launcher

    if arguments.sweep:
        raise ConfigurationError("doctor looks at what one cell needs: leave out -m, and the lists")
    site = read_launcher(launcher(arguments.overrides, extra_folder=arguments.folder))
    return doctor(chosen[0].config, site, as_json=arguments.json)


def _cancel(arguments: Arguments) -> int:
    """Its one word, if any, is a sweep's name."""
    from simula.composition import shared
    from simula.store.artifacts import Store
    from simula.sweep.ending import cancel

    words = list(takewhile(lambda word: "=" not in word, arguments.overrides))
    overrides = arguments.overrides[len(words) :]
    if arguments.sweep or len(words) > 1 or any(not line.startswith("paths.") for line in overrides):
        raise ConfigurationError(
            "cancel takes the name of a sweep, or nothing, and paths.root=…; simula run -m printed the name"
        )
    config = shared(overrides, extra_folder=arguments.folder)
    print(cancel(Store(config.paths.store), words[0] if words else None).sentence())
    return 0


def _show(arguments: Arguments) -> int:
    """The one command whose first words are no overrides; Hydra is only asked where there are some."""
    words = list(takewhile(lambda word: "=" not in word, arguments.overrides))
    overrides = arguments.overrides[len(words) :]
    if arguments.sweep or len(words) > 2:
        raise ConfigurationError(
            f"show takes nothing, or a data set and perhaps a row, and no -m; {' '.join(words) or '-m'} was "
            "given; simula show --help says more"
        )
    domain = None
    if overrides:
        from simula.composition import shared

        config = shared(overrides, extra_folder=arguments.folder)
        store = config.paths.store
        if any(line.startswith("domain=") for line in overrides):
            domain = config.domain
    else:
        from simula.paths import default_paths

        store = default_paths().store
    from simula.report.show import list_datasets, show

    if not words:
        return list_datasets(store, as_json=arguments.json)
    return show(store, words[0], words[1] if words[1:] else None, domain, as_json=arguments.json)


def _check_writable(root: Path) -> None:
    """Say at once, before anything is spent, that results could not be kept."""
    probe = root / f".writable-{os.getpid()}"
    try:
        root.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"x" * 4096)
        probe.unlink()
    except OSError as error:
        raise StoreError(
            f"{root} cannot be written ({error}); SIMULA_ROOT or paths.root names another"
        ) from error


def _fetch_measured(chosen: Sequence[Cell]) -> None:
    """Fetch sets of the hub before Hydra names cells by their content. Raises BenchmarkError."""
    from simula.store.measured_sets import file_of, hub_of

    store = chosen[0].config.paths.store
    for name in dict.fromkeys(cell.config.assessment.dataset for cell in chosen):
        if name is not None and hub_of(name) is not None:
            file_of(name, store)


def _launch(command: str, arguments: Arguments) -> Spending:
    """Hand the run to Hydra: its launcher decides where the cells run, its output folder records them.

    Returns:
        The command's account, with what was paid in this process.
    """
    import hydra
    from omegaconf import OmegaConf

    from simula.config import parse
    from simula.stages.keys import cell_key
    from simula.teacher import Spending

    def key(*, _root_: DictConfig) -> str:
        return cell_key(parse(_root_, _root_.hydra.runtime.choices))

    OmegaConf.register_new_resolver("simula.cell", key, replace=True)
    until = RUNS.get(command, "evaluate")
    spending = Spending()  # of all cells that run in this process; a job elsewhere gets a copy

    @hydra.main(version_base="1.3", config_path=str(conf_folder()), config_name="simula")
    def task(composed: DictConfig) -> str | None:
        from hydra.core.hydra_config import HydraConfig

        from simula.stages.cell import run_cell

        return run_cell(parse(composed, dict(HydraConfig.get().runtime.choices)), until, spending)

    flags = ["--multirun"] if arguments.sweep else []
    flags += ["--config-dir", str(arguments.folder)] if arguments.folder else []
    sys.argv = ["simula", *flags, *arguments.hydra, *arguments.overrides]
    task()
    return spending


def _conclude(command: str, chosen: Sequence[Cell], spending: Spending) -> int:
    """After the cells: pools of their sets, what was made as tables, and the worst exit code."""
    from rich.console import Console

    from simula.report.loading import report
    from simula.report.stage import print_measures, print_stage
    from simula.stages.measures.pooled import rate_pools
    from simula.stages.record import record_of
    from simula.store.artifacts import Store

    store = Store(chosen[0].config.paths.store)
    records = [record_of(store, cell.config) for cell in chosen]
    problems: list[SimulaError] = []
    if RUNS[command] == "evaluate":
        report(chosen, everything=False)
    elif command == "assess":
        pools, problems = rate_pools([cell.config for cell in chosen], spending)
        print_measures(store, records, pools, chosen[0].config.paths.report / "measures", Console())
    else:
        print_stage(command, store, records, Console())
    failed = [record for record in records if record.state in ("failed", "stopped", "interrupted")]
    for record in failed:
        print(visible(f"simula: {record.key}: {record.reason}"), file=sys.stderr)
    for problem in problems:
        print(visible(f"simula: {problem}"), file=sys.stderr)
    codes = [record.exit_code or 1 for record in failed] + [problem.exit_code for problem in problems]
    return max(codes, default=0)
