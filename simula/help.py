"""Help and completion, without importing anything heavy: they must be there at once."""

from __future__ import annotations

from pathlib import Path

COMMANDS = {
    "run": "one cell through every stage that is still missing; -m sweeps",
    "plan": "spends nothing: what exists, what is shared, calls, tokens, price, hours, disk; --json",
    "advise": "a small pilot: which complexity, critic and size suit this domain and teacher; --json",
    "taxonomy": "up to the taxonomy, and print it",
    "generate": "up to the data set",
    "assess": "up to the measures of the data set",
    "train": "up to the tuned student; --inspect prints one batch with what is learned, and trains nothing",
    "evaluate": "up to the student's answers to the benchmark",
    "show": "the data sets there are, one, or the whole story of a row: show [dataset [row]]; --json",
    "export": "the data set as Parquet and chat messages; --student: the tuned model; each with a card",
    "status": "every cell: done, running (where), failed (why), what a restart would redo; --json, --watch",
    "cancel": "end a sweep's jobs on a cluster: cancel [sweep]; what they made is kept",
    "doctor": "versions, keys, teacher, weights, machine, Slurm, disk: is all there, and what to do; --json",
    "track": "W&B: track sync sends the runs that were kept on disk; track view saves a view of the grid",
    "report": "tables, figure and HTML page from whatever results exist",
    "completion": 'tab completion: eval "$(simula completion)" in bash',
}

_GENERAL = """\
simula: from a description to a data set, a student, and an answer to which mechanism works

usage: simula <command> [-m] [--config-dir DIR] [group=option | key=value …]
       simula --version

commands:
{commands}

begin with:
  simula run -m experiment=quickstart     two systems, real test items, an answer in minutes
  simula run -m experiment=lab            the same on arithmetic, with a simulated teacher
  simula plan domain=gsm8k system=full teacher=gemini_flash student=gemma3_4b_pt size=4000
  simula run --help                       the groups, their options, the top-level keys

exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 stopped short of the target
"""

TAKING = {
    "-m, --multirun": tuple(name for name in COMMANDS if name != "doctor"),
    "--inspect": ("train",),
    "--student": ("export",),
    "--watch": ("status",),
    "--json": ("plan", "advise", "status", "doctor", "show"),
}
"""Option to the commands that take it; the others of `_OPTIONS` are taken by all."""

_OPTIONS = {
    "-m, --multirun": "a sweep: values may be lists, system=baseline,full seed=0,1,2",
    "--config-dir DIR": "a folder of your own options, beside the shipped ones: DIR/domain/mine.yaml",
    "--inspect": "print one batch with what is learned, and train nothing",
    "--student": "the tuned model, not the data set",
    "--watch": "look again and again, until nothing is at work",
    "--json": "for programs, on standard output",
    "--cfg job": "print the composed configuration and do nothing",
    "--debug": "the traceback of an error",
}

_COMMAND = """\
simula {command}: {what}

usage: simula {command} {usage} [group=option | key=value …]

{options}

groups (group=option):
{groups}

top-level keys (key=value), and the default of each group:
{root}

inside a group: student.name=…, training.learning_rate=0.01; --cfg job shows every key.
"""

_CANCEL = """\
simula cancel: {what}

usage: simula cancel [sweep] [--debug] [paths.root=…]

  [sweep]         its name, which simula run -m printed; without it the one sweep that has jobs
  paths.root=…    looks in another place than SIMULA_ROOT or outputs/
"""

_SHOW = """\
simula show: {what}

usage: simula show [dataset [row]] [--json] [--config-dir DIR] [--debug] [group=option | key=value …]

  [dataset]   its folder, <key>/n100, its key, or how its key begins; without a size the largest.
              Of a run that stopped short: short/<key>/n100. Without it, all that there are
  [row]       its number, counted from 0, or slot:17 for any slot, a refused one too; without it
              what the data set is: its mechanism, counts, refusals, cost and first rows
  --json      the list, the manifest, or the row, as JSON

  domain=…        shows a row as a student of this domain sees it, too
  paths.root=…    looks in another place than SIMULA_ROOT or outputs/
"""

_TRACK = """\
simula track: {what}

usage: simula track sync|view [--debug] [group=option | key=value …]

  sync        sends each run that was tracked without a server, once; those of a stage at work later.
              It needs WANDB_API_KEY, which W&B shows under its user settings
  view        saves a view of the project in W&B: the axes of the grid beside accuracy, price, rejection
              and coverage of every tuned student, and accuracy by size; again: the same view, anew

  experiment=lab           view: of this experiment alone
  tracking.project=…       another project than simula; tracking.entity=… another user or team
  paths.root=…             looks in another place than SIMULA_ROOT or outputs/
"""

_COMPLETION = """\
_simula() {{
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "{commands}" -- "${{COMP_WORDS[1]}}"))
    return
  fi

  COMPREPLY=($(COMP_LINE="simula ${{COMP_LINE#* * }}" COMP_POINT=9999 simula run -sc query=bash 2>/dev/null))
  [[ "${{COMPREPLY[0]}}" == *[=/.] ]] && compopt -o nospace
}}
COMP_WORDBREAKS=${{COMP_WORDBREAKS//=}}
complete -F _simula simula
"""


def conf_folder() -> Path:
    """The shipped configuration: inside an installed package, or beside it in a checkout."""
    inside = Path(__file__).parent / "conf"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "conf"


def general_help() -> str:
    """`simula --help`."""
    commands = "\n".join(f"  {name:<11} {what}" for name, what in COMMANDS.items())
    return _GENERAL.format(commands=commands)


def command_help(command: str) -> str:
    """`simula <command> --help`: what can be chosen, read from the configuration files."""
    if command == "track":
        return _TRACK.format(what=COMMANDS[command])
    if command == "show":
        return _SHOW.format(what=COMMANDS[command])
    if command == "completion":
        return f"simula completion: {COMMANDS[command]}\n\nusage: simula completion"
    if command == "cancel":
        return _CANCEL.format(what=COMMANDS[command])
    options = {name: said for name, said in _OPTIONS.items() if command in TAKING.get(name, (command,))}
    usage = " ".join(f"[{name.partition(',')[0]}]" for name in options if name != "--cfg job")
    listed = "\n".join(f"  {name:<16}  {said}" for name, said in options.items())
    root = (conf_folder() / "simula.yaml").read_text(encoding="utf-8").split("\nhydra:")[0]
    shown = "\n".join(f"  {line}" for line in root.splitlines()[1:] if line and "override hydra" not in line)
    return _COMMAND.format(
        command=command,
        what=COMMANDS[command],
        usage=usage,
        options=listed,
        groups=_groups(),
        root=shown,
    )


def completion_script() -> str:
    """A bash function; Hydra answers for groups, options and keys."""
    return _COMPLETION.format(commands=" ".join(COMMANDS))


def _groups() -> str:
    folder = conf_folder()
    names = sorted({path.parent.relative_to(folder).as_posix() for path in folder.glob("*/**/*.yaml")})
    lines = []
    for name in names:
        options = ", ".join(sorted(path.stem for path in (folder / name).glob("*.yaml")))
        lines.append(f"  {name:<15} {options}")
    return "\n".join(lines)
