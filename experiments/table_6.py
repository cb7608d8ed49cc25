"""Table 6: the students' hyper-parameters, as Figure 6's cells are configured, beside the paper's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from experiments.comparison import reference
from experiments.sweeps import Sweep
from experiments.writing import Rendered
from simula.composition import cells
from simula.config import Config
from simula.report.text_table import Line, TextTable
from simula.store.artifacts import Store

TITLE = "Table 6: hyper-parameters of the students"
SWEEPS: tuple[Sweep, ...] = ()
"""It needs no result."""
_STUDENTS = {"pt": "gemma3_4b_pt", "it": "gemma3_4b_it"}
"""The paper's start, pre-trained or instruction-tuned, to our student's name."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting for some benchmarks: the paper's value and ours, as text."""

    benchmarks: str
    name: str
    paper: str | None
    """None: the paper is silent."""
    ours: str

    @property
    def outside(self) -> bool:
        """Whether ours is another one than the paper's."""
        return self.paper is not None and self.paper != self.ours

    @property
    def mark(self) -> str:
        """Differs, ours alone, or nothing."""
        return "differs" if self.outside else "ours" if self.paper is None else ""

    def record(self) -> dict[str, str | int | float | None]:
        """As plain values, one line of a CSV file."""
        return {
            "benchmarks": self.benchmarks,
            "setting": self.name,
            "paper": self.paper,
            "ours": self.ours,
            "mark": self.mark,
        }


def render(store: Store, wanted: Mapping[str, str]) -> Rendered:
    """The configuration beside the paper's numbers; it needs neither store nor a choice of cells."""
    ours, paper = configured(), printed()
    shown = tuple(
        Setting("all" if len(benchmarks) == len(ours) else ", ".join(benchmarks), name, theirs, value)
        for name in ours[next(iter(ours))]
        for (theirs, value), benchmarks in _alike(name, paper, ours).items()
    )
    lines = tuple(Line((one.name, one.benchmarks, one.paper or "–", one.ours, one.mark)) for one in shown)
    table = TextTable(
        TITLE,
        ("setting", "benchmark", "paper", "ours", "mark"),
        lines,
        2,
        (
            "ours: the paper is silent, and the value is our own choice. differs: it states another one.",
            "Of both learning rates the better one on average is reported, for each system and size.",
            "Warm-up is linear, a share of the steps within these bounds, and a cosine follows; where the"
            " lower bound is more than half of a run, half of it warms up, which is our own choice.",
        ),
    )
    return Rendered(TITLE, (table,), shown)


def configured() -> dict[str, dict[str, str]]:
    """By benchmark every setting of Figure 6's students, read from the configuration."""
    found: dict[str, list[Config]] = {}
    for cell in cells(["experiment=figure_6", "system=full", "size=4000", "seed=0"], sweep=True):
        found.setdefault(cell.config.domain.name, []).append(cell.config)
    return {name: _settings(configs) for name, configs in found.items()}


def printed() -> dict[str, dict[str, str]]:
    """The same of the paper, as far as it says."""
    common: dict[str, list[str]] = {}
    for line in reference("hyperparameters.csv"):
        common.setdefault(line["setting"].replace("_", " "), []).append(f"{line['value']}")
    shared = {name: " and ".join(map(_plain, values)) for name, values in common.items()}
    return {
        line["domain"]: {
            "student": _STUDENTS[line["student_start"]],
            "lora rank": line["lora_rank"],
            **shared,
        }
        for line in reference("systems.csv")
    }


def _settings(configs: Sequence[Config]) -> dict[str, str]:
    """Of the cells of one benchmark, which differ in their learning rate alone."""
    training = configs[0].training
    names = ("optimizer", "batch_size", "clip", "warmup_min", "warmup_max", "warmup_share", "epochs")
    names += ("max_tokens", "validation_share", "validations", "precision")
    rates = sorted({config.training.learning_rate for config in configs})
    return {
        "student": configs[0].student.name,
        "lora rank": str(training.lora.rank),
        "learning rate": " and ".join(f"{rate:g}" for rate in rates),
        **{name.replace("_", " "): _plain(getattr(training, name)) for name in names},
        "lora alpha": f"{training.lora.alpha:g}",
        "lora dropout": f"{training.lora.dropout:g}",
    }


def _plain(value: object) -> str:
    """A number in its shortest form, whether a file or the configuration has it; other text as it is."""
    text = str(value)
    try:
        return f"{float(text):g}"
    except ValueError:
        return text


def _alike(
    name: str, paper: Mapping[str, Mapping[str, str]], ours: Mapping[str, Mapping[str, str]]
) -> dict[tuple[str | None, str], list[str]]:
    """The paper's value of a setting and ours, to the benchmarks that have both."""
    found: dict[tuple[str | None, str], list[str]] = {}
    for benchmark, settings in ours.items():
        found.setdefault((paper[benchmark].get(name), settings[name]), []).append(benchmark)
    return found
