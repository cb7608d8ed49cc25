"""Before a double critic is paid for: does it still say of known answers what it first said?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from simula.config import Config
from simula.critique.canary import Canary, canaries, flips, judge_canaries
from simula.durable import own_name
from simula.errors import BenchmarkError
from simula.prompts import Tally, system_prompt, template_hash
from simula.settings import fingerprint
from simula.stages.bench import Bench, cost
from simula.store.benchmarks import TestItem
from simula.store.canaries import CanaryRun, first_of, keep_run, kept_runs
from simula.teacher.settings import may_drift

FOLDER = "canaries"
"""Below the store, beside the stages' artifacts."""


def judges_canaries(config: Config) -> bool:
    """Whether canaries are asked about wherever this cell's double critic is."""
    return config.critic.canaries > 0 and may_drift(config.double_judged_by)


@cache
def _run(command: str) -> str:
    """A run: what one process does for one command. Another one, a job that is begun again, is a new run."""
    return own_name()


def canary_items(bench: Bench) -> list[TestItem]:
    """The benchmark, for a run that needs it for canaries alone; where it cannot be had, a line says so."""
    config = bench.config
    if not judges_canaries(config):
        return []
    try:
        return config.benchmark.load(config.paths.benchmarks)
    except BenchmarkError as problem:
        bench.progress.line(f"canaries: none are judged: {problem}")
        return []


async def judge_canaries_anew(
    bench: Bench, items: Sequence[TestItem], log: Callable[[Mapping[str, float]], None]
) -> dict[str, Any]:
    """What the manifest says of the canaries; empty where none are judged.

    The calls bypass the recorded answers of other runs and are recorded under this run's name: where a run
    begins several data sets, or tries its critic, too, it pays for them once. What they cost counts against
    the budget, and is in no row's price; nothing they say is in a row or a key.

    Args:
        bench: the cell's tools.
        items: the benchmark, of which the canaries are taken.
        log: told the flip rate at once.

    Raises:
        StoreError: an earlier run's verdicts cannot be read.
        TeacherUnavailable: no further call can succeed.
    """
    config = bench.config
    found = canaries(config.domain, [(item.id, item.example) for item in items], config.critic.canaries)
    if not found or not judges_canaries(config):
        return {}
    folder = bench.store.root / FOLDER / _key(config, found)
    run = _run(bench.spending.command)
    earlier = [one for one in kept_runs(folder) if one.run != run]
    at, tally = datetime.now(UTC).isoformat(timespec="microseconds"), Tally()
    async with bench.asker(config.double_judged_by, run) as asker:
        verdicts = await judge_canaries(found, asker, tally)
    answered = tuple(sorted({name for one in tally.spent for name in one.answered}))
    now = CanaryRun(run, at, answered, verdicts)
    if tally.recorded < tally.calls:
        keep_run(folder, now)
    said = _compared(now, first_of(earlier, answered))
    bench.progress.line(_sentence(config, said))
    accepted = {canary.name: verdicts[canary.name].accepts("double") for canary in found}
    counts = {
        "right_accepted": sum(accepted[one.name] is True for one in found if one.right),
        "wrong_refused": sum(accepted[one.name] is False for one in found if not one.right),
    }
    spent = {name: value for name, value in cost(tally.spent, tally).items() if name in _COST}
    rate = {} if said["flip_rate"] is None else {"canary_flip_rate": said["flip_rate"]}
    log(rate)
    return {"canaries": {"answers": len(found), **counts, **said, **spent}, **rate}


_COST = ("calls", "prompt_tokens", "completion_tokens", "paid_now_usd")


def _key(config: Config, found: Sequence[Canary]) -> str:
    """The same canaries put to the same teacher in the same words."""
    asked = [
        config.double_judged_by.identity(),
        system_prompt(config.domain),
        [template_hash(name) for name in ("_example", "judge_correct", "judge_incorrect")],
        [[one.name, one.example.model_dump(mode="json")] for one in found],
    ]
    return f"{config.domain.name}-{fingerprint(asked)}"


def _compared(now: CanaryRun, first: CanaryRun | None) -> dict[str, Any]:
    """Of this run and the one that it is compared with."""
    found = flips(first.verdicts, now.verdicts) if first else None
    return {
        "run": now.run,
        "answered": list(now.answered),
        "first": first.at if first else None,
        "first_answered": list(first.answered) if first else None,
        "compared": found.compared if found else 0,
        "flipped": found.flipped if found else 0,
        "flip_rate": found.rate if found else None,
    }


def _sentence(config: Config, said: dict[str, Any]) -> str:
    who = config.double_judged_by.model
    if said["first"] is None:
        return f"canaries: first verdicts of {who} are kept, later runs compare with them"
    names = [" and ".join(said[name]) for name in ("first_answered", "answered")]
    models = "" if names[0] == names[1] else f" (then {names[0]} answered, now {names[1]})"
    found = (
        f"{said['flipped']} of {said['compared']} verdicts of {who} are others than on "
        f"{said['first'][:10]}{models}"
    )
    if said["flip_rate"] is None or said["flip_rate"] <= config.critic.canary_flips:
        return f"canaries: {found}"
    return (
        f"warning: canaries: {found}, more than critic.canary_flips={config.critic.canary_flips:g}: the "
        "teacher may have changed, and rows made before and after are not judged alike"
    )
