"""Weights and checkpoints that somebody else wrote: numbers are read of them, and no code is run."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
from quiz import QUIZ, questions
from safetensors.torch import load_file
from torch import distributed

from simula.errors import StudentError
from simula.installed import package_folder
from simula.student.adapter import adapted, save, tuned
from simula.student.ranks import Place, Replicas
from simula.student.settings import HubWeights, Lora, StudentSettings, TrainingSettings
from simula.student.training import train
from simula.student.weights import check, load, tokenizer

CODE = """\
from pathlib import Path
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

Path({mark!r}).touch()

class Config(LlamaConfig):
    model_type = "theirs"

class Model(LlamaForCausalLM):
    config_class = Config

class Tokenizer(PreTrainedTokenizerFast):
    pass
"""
EXAMPLES = questions(16)
TRAINING = TrainingSettings(
    lora=Lora(rank=2), batch_size=4, optimizer="adamw", learning_rate=0.01, warmup_min=0, checkpoint_seconds=0
)


class Evil:
    """Whoever unpickles it makes a file."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return Path.touch, (self.mark,)


@pytest.fixture
def theirs(tiny_llama: StudentSettings, tmp_path: Path) -> Path:
    """A copy of a model that may be changed."""
    assert isinstance(tiny_llama.weights, HubWeights)
    folder = tmp_path / "theirs"
    shutil.copytree(tiny_llama.weights.id, folder)
    return folder


def student(folder: Path) -> StudentSettings:
    return StudentSettings(name="theirs", weights=HubWeights(id=str(folder)))


def test_a_pickle_is_no_weights(theirs: Path, tmp_path: Path) -> None:
    """Even one that holds nothing but weights, which transformers would load."""
    load(student(theirs), tmp_path)
    weights = load_file(theirs / "model.safetensors")
    (theirs / "model.safetensors").unlink()
    torch.save(weights, theirs / "pytorch_model.bin")
    with pytest.raises(StudentError, match=r"cannot be loaded as a model: .*model\.safetensors"):
        load(student(theirs), tmp_path)


def test_code_beside_weights_is_not_run(
    theirs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where somebody at the terminal would say yes to transformers' question."""
    mark = tmp_path / "ran"
    monkeypatch.setattr("builtins.input", lambda _: "y")
    monkeypatch.setattr("transformers.dynamic_module_utils.HF_MODULES_CACHE", str(tmp_path / "modules"))
    (theirs / "theirs.py").write_text(CODE.format(mark=str(mark)))
    for name, classes in (
        ("config.json", {"AutoConfig": "theirs.Config", "AutoModelForCausalLM": "theirs.Model"}),
        ("tokenizer_config.json", {"AutoTokenizer": [None, "theirs.Tokenizer"]}),
    ):
        said = json.loads((theirs / name).read_text())
        said |= {"auto_map": classes, "model_type": "theirs"}
        (theirs / name).write_text(json.dumps(said))
    for opened in (check, lambda one: load(one, tmp_path)):
        with pytest.raises(StudentError, match="custom code"):
            opened(student(theirs))
    tokenizer(student(theirs), tmp_path)  # by transformers' own class, which knows the file's form
    assert not mark.exists()


def test_an_adapter_is_safetensors(tiny_llama: StudentSettings, tmp_path: Path) -> None:
    """peft would load a pickle of the same weights."""
    model, _ = load(tiny_llama, tmp_path)
    kept = tmp_path / "adapter"
    save(adapted(model, Lora(rank=2), seed=0), kept)
    tuned(tiny_llama, kept, tmp_path)
    weights = load_file(kept / "adapter_model.safetensors")
    (kept / "adapter_model.safetensors").unlink()
    torch.save(weights, kept / "adapter_model.bin")
    with pytest.raises(
        StudentError, match=r"has no adapter_model\.safetensors, and other forms are not read"
    ):
        tuned(tiny_llama, kept, tmp_path)


@pytest.mark.parametrize("forced", ["0", "1"])
def test_a_checkpoint_runs_nothing(
    tiny_llama: StudentSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forced: str
) -> None:
    """Also where a site has told torch to unpickle whatever it is given."""
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", forced)

    def run(stop: bool) -> None:
        def progress(done: int, _: int) -> None:
            if stop and done == 2:
                signal.raise_signal(signal.SIGINT)

        train(QUIZ, EXAMPLES, tiny_llama, TRAINING, 3, tmp_path, tmp_path, lambda _: None, progress)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a background process ignores it
    try:
        with pytest.raises(KeyboardInterrupt):
            run(stop=True)
    finally:
        signal.signal(signal.SIGINT, before)
    mark, newest = tmp_path / "ran", tmp_path / "checkpoints" / "last.ckpt"
    state = torch.load(newest, weights_only=True)
    torch.save(state | {"theirs": Evil(mark)}, newest)
    with pytest.raises(StudentError, match=r"last\.ckpt holds more than the state of a training"):
        run(stop=False)
    assert not mark.exists()


def test_processes_of_a_training_send_each_other_no_pickle(monkeypatch: pytest.MonkeyPatch) -> None:
    """One process is a group as well; that several agree is `test_the_machine_changes_nothing`'s to say."""
    monkeypatch.setattr(distributed, "broadcast_object_list", lambda *_: pytest.fail("a pickle was sent"))
    strategy = Replicas(Place(), sharded=False)
    strategy.parallel_devices = [torch.device("cpu")]
    assert strategy.broadcast(True) is True
    distributed.init_process_group("gloo", store=distributed.HashStore(), rank=0, world_size=1)
    try:
        said = [True, False, None, "a/folder", ["नेपाली", 1.5]]
        assert [strategy.broadcast(one) for one in said] == said
        with pytest.raises(TypeError, match="not JSON serializable"):
            strategy.broadcast(Evil(Path("ran")))
    finally:
        distributed.destroy_process_group()


def test_a_package_of_weights_is_never_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even the outer one of a dotted name, which looking for the inner one would import."""
    for name in ("outer_of_theirs", "outer_of_theirs/inner"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise AssertionError('imported')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert package_folder("outer_of_theirs") == tmp_path / "outer_of_theirs"
    assert package_folder("outer_of_theirs.inner") is None
