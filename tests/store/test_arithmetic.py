from pathlib import Path

import numpy as np

from simula.domain import Number
from simula.store.arithmetic import ArithmeticBenchmark
from simula.teacher.simulated.ontology import leaves_of
from simula.teacher.simulated.text import parse

NOWHERE = Path("nowhere")


def test_items_are_right_distinct_and_the_same_every_time():
    items = ArithmeticBenchmark(items=200).load(NOWHERE)
    assert items == ArithmeticBenchmark(items=200).load(NOWHERE)
    assert len({item.id for item in items}) == len({item.example.question for item in items}) == 200
    for item in items:
        assert Number().right(str(parse(item.example.question).truth), item.example)


def test_fewer_items_are_the_first_of_more_and_another_seed_gives_others():
    many = ArithmeticBenchmark(items=120).load(NOWHERE)
    assert ArithmeticBenchmark(items=40).load(NOWHERE) == many[:40]
    others = ArithmeticBenchmark(items=120, seed=1).load(NOWHERE)
    assert not {item.id for item in many} & {item.id for item in others}
    assert many[0].example != others[0].example


def test_the_whole_world_is_asked_for_evenly_from_easy_to_hard():
    problems = [parse(item.example.question) for item in ArithmeticBenchmark(items=1000).load(NOWHERE)]
    for factor in ("calculation", "setting", "form"):
        leaves = leaves_of(factor)
        expected = len(problems) / len(leaves)
        counts = np.array([sum(problem.node(factor) is leaf for problem in problems) for leaf in leaves])
        assert counts.min() > 0
        # A uniform multinomial's chi-square is near its degrees of freedom.
        assert ((counts - expected) ** 2 / expected).sum() < len(leaves) + 5 * np.sqrt(2 * len(leaves))
    hardness = [problem.complexity for problem in problems]
    assert np.quantile(hardness, 0.1) < 1.2
    assert np.quantile(hardness, 0.9) > 3
    assert np.mean([problem.main > 99 for problem in problems]) < 0.15


def test_the_level_is_the_number_of_steps_and_follows_the_true_complexity():
    items = ArithmeticBenchmark(items=300).load(NOWHERE)
    by_level = {level: [] for level in "123"}
    for item in items:
        problem = parse(item.example.question)
        assert item.labels == {"level": str(len(problem.steps))}
        by_level[item.labels["level"]].append(problem.complexity)
    assert np.mean(by_level["1"]) < np.mean(by_level["2"]) < np.mean(by_level["3"])
