"""Which checkpoint of a run is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def validation_steps(steps: int, validations: int) -> tuple[int, ...]:
    """The steps after which a run of `steps` is validated: evenly spaced, the last included."""
    return tuple(sorted({round(steps * i / validations) for i in range(1, validations + 1)} - {0}))


def smoothed(values: Sequence[float]) -> list[float]:
    """The 3-point moving average, centred; the first and last value have one neighbour."""
    return [sum(near := values[max(0, i - 1) : i + 2]) / len(near) for i in range(len(values))]


def peak(accuracies: Mapping[int, float]) -> int:
    """The step at the peak of the moving average of validation accuracy (Section 4); the later of equals."""
    steps = sorted(accuracies)
    averages = smoothed([accuracies[step] for step in steps])
    return max(zip(averages, steps, strict=True))[1]


def still_possible(accuracies: Mapping[int, float]) -> set[int]:
    """The steps that can be the peak when the run has ended: what of a run has to be kept so far.

    Only the last step's average can still change; of the others the best one stays the best.
    """
    *settled, last = sorted(accuracies)
    averages = smoothed([accuracies[step] for step in (*settled, last)])
    return {last, max(zip(averages, settled, strict=False))[1]} if settled else {last}
