"""Table 6 stands in the configuration as the paper prints it."""

from pathlib import Path

import pytest

from experiments import table_6
from simula.store.artifacts import Store

CTI = ("cti_mcq", "cti_rcm")
TUNED = (*CTI, "lexam")
PRETRAINED = ("gsm8k", "global_mmlu_en", "global_mmlu_ko", "global_mmlu_ne")


@pytest.fixture(scope="module")
def ours() -> dict[str, dict[str, str]]:
    return table_6.configured()


def test_the_configuration_is_the_papers(ours: dict[str, dict[str, str]]) -> None:
    """Numbers as the paper states them, written down here a second time."""
    assert set(ours) == {*TUNED, *PRETRAINED}
    for benchmark, settings in ours.items():
        stated = {
            "student": "gemma3_4b_it" if benchmark in TUNED else "gemma3_4b_pt",
            "lora rank": "8" if benchmark in CTI else "16",
            "learning rate": "0.005 and 0.01",
            "optimizer": "adafactor",
            "batch size": "16",
            "clip": "1",
            "warmup min": "500",
            "warmup max": "5000",
        }
        assert {name: settings[name] for name in stated} == stated
        assert table_6.printed()[benchmark] == stated


def test_a_setting_that_differs_is_marked(
    ours: dict[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(table_6, "configured", lambda: ours)
    assert not any(one.outside for one in table_6.render(Store(tmp_path), {}).compared)
    changed = {name: dict(settings) for name, settings in ours.items()}
    changed["lexam"]["lora rank"] = "8"
    monkeypatch.setattr(table_6, "configured", lambda: changed)
    rendered = table_6.render(Store(tmp_path), {})
    lines = [line.cells for line in rendered.tables[0].lines if line.cells[0] == "lora rank"]
    assert lines == [
        ("lora rank", "cti_mcq, cti_rcm", "8", "8", ""),
        ("lora rank", "lexam", "16", "8", "differs"),
        ("lora rank", "gsm8k, global_mmlu_ne, global_mmlu_en, global_mmlu_ko", "16", "16", ""),
    ]
    (alpha,) = [line.cells for line in rendered.tables[0].lines if line.cells[0] == "lora alpha"]
    assert alpha[2:] == ("–", "16", "ours")
