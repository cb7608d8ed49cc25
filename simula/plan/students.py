"""What tuning the students of a plan takes: parameters, steps, memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simula.config import Config
from simula.progress import counted
from simula.student.memory import Memory, memory
from simula.student.rows import validation_rows
from simula.student.schedule import steps, warmup


@dataclass(frozen=True, slots=True)
class Tuning:
    """One student on one number of rows."""

    student: str
    method: str
    parameters: float
    trained: int | None
    """None: the student's shape is not stated, so that memory is not known either."""
    rows: int
    """Trained on; those held out are apart."""
    held_out: int
    steps: int
    warmup: int
    batch: int
    at_once: int
    """Rows computed at once."""
    memory: Memory | None
    usual: float | None
    """Bytes where rows have as many tokens as the plan assumes."""
    longest: float | None
    """Bytes where rows have as many tokens as the settings allow."""
    tokens: int
    most_tokens: int


def tunings(configs: Sequence[Config], tokens_a_row: int) -> list[Tuning]:
    """What the students of these cells take, each once."""
    # The seeds of a large sweep differ in nothing that matters here.
    distinct = {
        (
            config.scalars.size,
            *map(id, (config.student, config.training, config.trainer, config.selection)),
        ): config
        for config in configs
    }
    return list(dict.fromkeys(_tuning(config, tokens_a_row) for config in distinct.values()))


def tuning_lines(found: Sequence[Tuning]) -> list[str]:
    """One sentence a student, method and number of rows, without what the one before has said."""
    lines: dict[tuple[str, str], None] = {}
    for one in found:
        trained = "" if one.trained is None else f", {_count(one.trained)} in the adapter"
        trained = ", all of them trained" if one.method == "full" else trained
        who = f"{one.student}: {_count(one.parameters)} parameters{trained} ({one.method})"
        lines[who, who] = None
        said = (
            f"{counted(one.steps, 'step')} of at most {counted(one.batch, 'row')}, {one.warmup:,} of warm-up"
        )
        lines[who, f"  {said}: {counted(one.rows, 'row')}, and {one.held_out:,} held out"] = None
        lines[who, f"  {_memory(one)}"] = None
    return [line for _, line in lines]


def _tuning(config: Config, tokens_a_row: int) -> Tuning:
    student, training = config.student, config.training
    held = validation_rows(count := round(config.scalars.size * config.selection.kept), training)
    total = steps(count - held, training)
    held_memory = memory(student.shape, student, training, config.trainer) if student.shape else None
    at_once = min(training.micro_batch_size, training.batch_size)
    usual = min(tokens_a_row, training.max_tokens)
    return Tuning(
        student=student.name,
        method=training.method,
        parameters=student.parameters,
        trained=held_memory.trained if held_memory else None,
        rows=count - held,
        held_out=held,
        steps=total,
        warmup=warmup(total, training),
        batch=training.batch_size,
        at_once=at_once,
        memory=held_memory,
        usual=held_memory.at(at_once, usual) if held_memory else None,
        longest=held_memory.at(at_once, training.max_tokens) if held_memory else None,
        tokens=usual,
        most_tokens=training.max_tokens,
    )


def _memory(one: Tuning) -> str:
    if one.memory is None or one.usual is None or one.longest is None:
        return "memory: unknown, student.shape is not stated"
    held = f"weights {_gigabytes(one.memory.weights)}, adapter, gradients and optimizer "
    held += _gigabytes(one.memory.optimizer)
    return (
        f"memory about {_gigabytes(one.usual)} at {one.at_once} x {one.tokens} tokens at once, "
        f"{_gigabytes(one.longest)} at {one.at_once} x {one.most_tokens} ({held})"
    )


def _gigabytes(number: float) -> str:
    return f"{number / 1e9:.2g} GB" if number < 1e10 else f"{number / 1e9:.0f} GB"


def _count(number: float) -> str:
    return f"{number / 1e9:.3g} billion" if number >= 1e9 else f"{number / 1e6:.3g} million"
