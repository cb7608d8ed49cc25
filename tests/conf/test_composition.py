"""What a user types becomes cells, or one clear message with every mistake, before any work."""

from pathlib import Path

import pytest

from simula.composition import cells
from simula.errors import ConfigurationError
from simula.help import conf_folder
from simula.paths import default_paths
from simula.stages.keys import adapter_key


def problems(*overrides: str, sweep: bool = False) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        cells(overrides, sweep=sweep)
    return list(caught.value.problems)


def test_the_plan_of_the_paper_composes_without_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GEMINI_API_KEY", raising=False)
    overrides = ["domain=gsm8k", "system=full", "teacher=gemini_flash", "student=gemma3_4b_pt", "size=4000"]
    (cell,) = cells(overrides, sweep=False)
    config = cell.config
    assert (config.scalars.size, config.scalars.system, config.domain.name) == (4000, "full", "gsm8k")
    assert config.teacher.model == "gemini-2.5-flash"
    assert (config.critic.requirements, config.critic.double, config.complexity.fraction) == (True, True, 0.5)


def test_an_experiment_sweeps_and_the_command_line_wins() -> None:
    found = cells(["experiment=quickstart"], sweep=True)
    assert [cell.config.scalars.system for cell in found] == ["baseline", "local_global"]
    found = cells(["experiment=quickstart", "system=full", "seed=0,1,2"], sweep=True)
    assert [(cell.config.scalars.system, cell.config.scalars.seed) for cell in found] == [
        ("full", 0),
        ("full", 1),
        ("full", 2),
    ]


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("domain=gsm8", "domain=gsm8: there is no domain 'gsm8'; did you mean gsm8k?"),
        ("sytem=full", "sytem=full: there is no group or key 'sytem'; did you mean system"),
        (
            "until=some",
            "until=some: there is no group or key 'until'; known: advice, assessment, benchmark, budget",
        ),
        (
            "training.learning_rat=1",
            "training.learning_rat=1: there is no group or key 'training.learning_rat'; did you",
        ),
        ("size=many", "size='many': input should be a valid integer"),
        ("size=0", "size=0: input should be greater than or equal to 1"),
        # One sentence: a list without its wrong item is not too short as well.
        (
            "assessment.measures=[diversty]",
            "assessment.measures.0='diversty': input should be 'diversity', 'coverage', 'critics', "
            "'taxonomy', 'complexity' or 'validity'",
        ),
        (
            "assessment.measures=diversity",
            "assessment.measures=diversity: a list is needed here, such as assessment.measures=[diversity]",
        ),
        (
            "assessment.dataset=hub:owner/name/file.parquet",
            "assessment.dataset=hub:owner/name/file.parquet is not of the form "
            "hub:owner/name/path/to/file.parquet@revision",
        ),
        (
            "assessment.measures=[]",
            "assessment.measures=[]: tuple should have at least 1 item after validation, not 0",
        ),
        ("critic.refinements=-1", "critic.refinements=-1: input should be greater than or equal to 0"),
        (
            "+critic.retries=3",
            "critic.retries: there is no key 'retries'; did you mean rewrites?",
        ),
        (
            "training.micro_batch_size=2",
            "training.micro_batch_size=2: the chosen option leaves this key at its default; a + in",
        ),
        ("size", "'size' is not of the form key=value"),
        ("system=mine", "system=mine: there is no system 'mine'; known: base"),
        (
            "hydra/launcher=slurm",
            "hydra/launcher=slurm: there is no hydra/launcher 'slurm'; did you mean slurm_",
        ),
    ],
)
def test_a_mistake_is_one_sentence_with_the_nearest_names(override: str, expected: str) -> None:
    (problem,) = problems(override)
    assert problem.startswith(expected)


def test_a_launcher_without_such_a_key_says_which_it_has() -> None:
    (problem,) = problems("hydra/launcher=slurm_gpu", "hydra.launcher.partitoin=gpu")
    assert (
        "there is no key of this launcher 'hydra.launcher.partitoin'; did you mean hydra.launcher.part"
        in problem
    )
    (problem,) = problems("hydra.launcher.partition=gpu")
    assert "hydra/launcher=" in problem
    (problem,) = problems(
        "hydra/launcher=slurm_gpu", "hydra.launcher.additional_parameters.reservation=course"
    )
    assert problem.endswith("a + in front adds it: +hydra.launcher.additional_parameters.reservation=course")


def test_all_mistakes_are_named_at_once() -> None:
    assert len(problems("domain=gsm8", "student=gema", "siz=3")) == 3
    assert len(problems("size=0", "seed=-1", "critic.refinements=-1")) == 3


def test_the_whole_sweep_is_checked_at_once() -> None:
    found = problems("size=10,0,-5", "system=baseline,ful", sweep=True)
    assert any("did you mean full" in problem for problem in found)
    found = problems("size=10,0,-5", sweep=True)
    assert found == [
        "size=0: input should be greater than or equal to 1",
        "size=-5: input should be greater than or equal to 1",
    ]


def test_own_domains_come_from_a_folder_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "domain").mkdir()
    (tmp_path / "domain" / "riddles.yaml").write_text(
        "_target_: simula.domain.Domain\nname: riddles\ndescription: Riddles.\n"
        "instructions: Solve it.\ntask: {type: free_text}\n"
    )
    overrides = ["domain=riddles", "benchmark=none"]
    (cell,) = cells(overrides, sweep=False, extra_folder=tmp_path)
    assert cell.config.domain.name == "riddles"


def test_an_experiment_of_several_cells_wants_a_sweep() -> None:
    with pytest.raises(ConfigurationError, match=r"^this experiment sweeps over system; add -m, or choose"):
        cells(["experiment=lab", "size=40"], sweep=False)
    many = cells(["experiment=quickstart"], sweep=True)
    (one,) = cells(["experiment=quickstart", "system=full"], sweep=False)
    assert len(many) > 1
    assert one.config.scalars.system == "full"


@pytest.mark.parametrize("root", ["", "~/results"])
def test_a_root_that_is_no_folder_is_refused(root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMULA_ROOT", root)
    with pytest.raises(ConfigurationError, match=rf"'{root}' is no folder; SIMULA_ROOT or paths.root"):
        cells([], sweep=False)


def test_a_file_is_no_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "results").touch()
    for root in (tmp_path / "results", tmp_path / "results" / "below"):
        with pytest.raises(ConfigurationError, match=r"' is no folder; SIMULA_ROOT or paths.root"):
            cells([f"paths.root={root}"], sweep=False)
        monkeypatch.setenv("SIMULA_ROOT", str(root))
        with pytest.raises(ConfigurationError, match=r"' is no folder; SIMULA_ROOT or paths.root"):
            default_paths()


def test_where_files_go_is_the_same_with_and_without_composing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for root in (None, tmp_path):
        if root:
            monkeypatch.setenv("SIMULA_ROOT", str(root))
        (cell,) = cells([], sweep=False)
        assert default_paths() == cell.config.paths


@pytest.mark.parametrize(
    ("task", "sentence"),
    [
        ("{type: identifier, choices: {yes: good, no: bad}}", "YAML takes yes, no, on, off, true and false"),
        ("{type: number}", "there is no benchmark 'mine': add benchmark=file benchmark.path=…, or benchmark"),
    ],
)
def test_what_a_domain_of_ones_own_lacks_at_first(tmp_path: Path, task: str, sentence: str) -> None:
    (tmp_path / "domain").mkdir()
    said = "_target_: simula.domain.Domain\nname: mine\ndescription: Pets.\ninstructions: Say it.\n"
    (tmp_path / "domain" / "mine.yaml").write_text(f"{said}task: {task}\n")
    none = ["benchmark=none"] if "choices" in task else []
    with pytest.raises(ConfigurationError, match=sentence):
        cells(["domain=mine", *none], sweep=False, extra_folder=tmp_path)


def test_a_word_that_is_no_override_is_told_what_one_is() -> None:
    with pytest.raises(ConfigurationError, match="'size' is not of the form key=value such as size=4000"):
        cells(["size", "10"], sweep=False)


def test_an_own_domain_whose_folder_is_not_named_says_how() -> None:
    with pytest.raises(ConfigurationError, match=r"no domain 'riddles'; known: .*; --config-dir FOLDER adds"):
        cells(["domain=riddles"], sweep=False)


def test_an_own_domain_without_a_target_says_so(tmp_path: Path) -> None:
    (tmp_path / "domain").mkdir()
    (tmp_path / "domain" / "riddles.yaml").write_text("name: riddles\ndescription: Riddles.\n")
    with pytest.raises(ConfigurationError, match=r"^domain: the chosen option's file lacks _target_"):
        cells(["domain=riddles", "benchmark=none"], sweep=False, extra_folder=tmp_path)


def test_an_own_domain_without_a_benchmark_says_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "domain").mkdir()
    (tmp_path / "domain" / "riddles.yaml").write_text("name: riddles\n")
    with pytest.raises(ConfigurationError, match="there is no benchmark 'riddles'"):
        cells(["domain=riddles"], sweep=False, extra_folder=tmp_path)
    (tmp_path / "domain" / "riddles.yaml").write_text("name: [riddles\n")
    with pytest.raises(ConfigurationError, match="expected"):
        cells(["domain=riddles", "benchmark=none"], sweep=False, extra_folder=tmp_path)


def test_mistakes_of_every_kind_are_named_together() -> None:
    found = problems("training.learning_rate=abc", "training.nope=3", "size=x", "domain=gsmk")
    assert len(found) == 4
    found = problems(
        "experiment=quickstart", "system=baseline,ful", "size=8,zz", "training.epchs=2", sweep=True
    )
    assert len(found) == 3
    assert "did you mean full?" in found[0]
    # Keys are looked for in the options chosen, not in the default ones.
    assert len(problems("teacher=simulated", "teacher.skill=3", "domain=gsmk")) == 1
    assert "did you mean teacher.skill" in problems("teacher=simulated", "teacher.skil=3")[0]


@pytest.mark.parametrize("teacher", ["gemini_flash", "gemini_flash_batch", "vertex"])
def test_a_successor_by_its_name_alone_is_sent_to_its_option(teacher: str) -> None:
    (problem,) = problems(f"teacher={teacher}", "teacher.model=gemini-3.5-flash-lite")
    assert "thinking_budget=0: gemini-3.5-flash-lite thinks by level" in problem
    assert "choose teacher=gemini_flash_lite" in problem
    assert "\n" not in problem


def test_the_successor_is_one_override_away_online_and_by_batch() -> None:
    found = [
        cells([f"teacher=gemini_flash_lite{by}"], sweep=False)[0].config.teacher for by in ("", "_batch")
    ]
    assert found[0].identity() == found[1].identity()
    assert found[0].price.output == 2 * found[1].price.output


def test_several_values_without_a_sweep_point_to_the_flag() -> None:
    assert problems("seed=0,1") == ["seed=0,1 has several values; add -m to sweep over them"]


GROUPS = sorted(path for path in conf_folder().glob("*/**/*.yaml") if "hydra" not in path.parts)


def test_how_many_configuration_files_there_are() -> None:
    """Every new file shows up here, and in the test below."""
    assert len(GROUPS) == 106


PART = {
    "figure_4": ["domain=gsm8k", "system=full"],
    "figure_5": ["domain=lexam", "system=baseline"],
    "figure_6": ["downstream=gsm8k", "system=baseline,full", "training.learning_rate=0.01"],
    "figure_7": ["downstream=lexam", "selection=high"],
    "figure_12": ["system=local", "training.learning_rate=0.001"],
    "figure_13": ["system=full", "training.learning_rate=0.01"],
}
"""A part of sweeps whose cells take long to compose; the rest chooses the same groups again."""


@pytest.mark.parametrize("path", GROUPS, ids=lambda path: f"{path.parent.name}={path.stem}")
def test_every_file_composes_and_parses(path: Path, tmp_path: Path) -> None:
    group = path.parent.relative_to(conf_folder()).as_posix()
    if group == "benchmark":
        overrides = [f"benchmark={path.stem}"]
        if path.stem == "file":
            (tmp_path / "test.csv").write_text("question,answer\nWhich?,CWE-59\n")
            overrides += [f"benchmark.path={tmp_path / 'test.csv'}"]
    elif group == "recipe":
        overrides = [f"recipe={path.stem}", "scenarios=none", "complexity=none"]
    elif group == "domain":
        overrides = [f"domain={path.stem}"]
    else:
        overrides = [f"{group}={path.stem}", *PART.get(path.stem, [])]
    assert cells(overrides, sweep=group == "experiment")


def test_a_preset_with_another_axis_is_named_as_what_it_is() -> None:
    def system(*overrides: str) -> str:
        return cells(overrides, sweep=False)[0].config.scalars.system

    assert system("system=full") == "full"
    assert system("system=full", "critic=none") == "full with critic=none"
    assert system("critic=none") == "custom"
    assert system("system=baseline", "recipe=evol_instruct") == "baseline with recipe=evol_instruct"
    assert system("system=evol_instruct") == "evol_instruct"


def test_a_recipe_without_mixes_does_not_ignore_axes_in_silence() -> None:
    (problem,) = problems("recipe=evol_instruct", "complexity=none")
    assert problem.endswith("add scenarios=none")


def test_trainers_differ_in_nothing_but_their_strategy() -> None:
    """And a student tuned by one of them is not tuned again by another."""
    found = [cells([f"trainer={name}"], sweep=False)[0] for name in ("auto", "ddp", "fsdp")]
    settings = [cell.config.trainer.model_dump() for cell in found]
    assert [each.pop("strategy") for each in settings] == ["single", "ddp", "fsdp"]
    assert settings[0] == settings[1] == settings[2]
    assert len({adapter_key(cell.config) for cell in found}) == 1


def test_cells_that_differ_in_numbers_alone_are_what_each_composes_to() -> None:
    """Composed once, or where a value is made of a number, each by itself."""
    plain = ["system=baseline,full", "size=16,32", "seed=0,1", "data_seed=3"]
    made_of = ["size=16,32", "domain.item='${size} words'"]
    for overrides in (plain, made_of):
        found = cells(overrides, sweep=True)
        assert [cell.config for cell in found] == [
            cells(cell.overrides, sweep=False)[0].config for cell in found
        ]
        assert {cell.config.scalars.size for cell in found} == {16, 32}
    assert [cell.config.domain.item for cell in cells(made_of, sweep=True)] == ["16 words", "32 words"]


@pytest.mark.parametrize("size", ["0", "-3", "none", "1.5"])
def test_a_number_that_cannot_be_used_is_told_in_a_sweep(size: str) -> None:
    (problem,) = problems(f"size=16,{size}", sweep=True)
    assert problem.startswith(f"size={size}" if size != "none" else "size='none'")
