"""The mechanism's axes of local diversity and complexity, the recipe, and the settings of a data set."""

from __future__ import annotations

from pydantic import Field

from simula.settings import Settings, incidental


class Scenarios(Settings):
    """The mechanism's second axis: local diversity (Section 2.3)."""

    count: int = Field(5, ge=0)
    """K scenarios written in one call, one kept; 0: none, the mix is the meta-prompt.
    The paper is silent: 5."""
    sequential_after: int | None = Field(5, ge=0)
    """How often a mix may come up before its earlier scenarios are shown, so that new ones differ from
    them; null: never. The paper is silent: 5, as many as one call writes."""
    shown: int = Field(10, ge=1)
    """Earlier scenarios of a mix that are shown at most, the latest ones. The paper is silent: 10."""


class Complexity(Settings):
    """The mechanism's third axis: complexity (Section 2.3)."""

    fraction: float = Field(0.5, ge=0, le=1, multiple_of=0.05)
    """c, the fraction of meta-prompts rewritten to be harder, exact in each block of 20 slots. 0.5: paper."""


class Simula(Settings):
    """The paper's recipe: mix, scenario, complexity, sample (Section 2)."""


class SelfInstruct(Settings):
    """Like Self-Instruct (arXiv 2212.10560), seeded by the description only; not the paper's.

    The first data points are written from the description alone; each later one is asked for beside
    examples drawn from those before it.
    """

    seeds: int = Field(32, ge=1)
    """Slots that are written from the description alone (there: 175 written by people)."""
    shown: int = Field(8, ge=1)
    """Examples shown: 8."""
    shown_seeds: int = Field(6, ge=0)
    """How many of the examples shown are seeds: 6."""
    round: int = Field(32, ge=1)
    """Slots of one round; each draws its examples from the rounds before, so that a round runs at once."""


class EvolInstruct(Settings):
    """Like Evol-Instruct (arXiv 2304.12244), seeded by the description only; not the paper's.

    The first data points are written from the description alone; each later one rewrites one of those
    before it: four ways deeper, one way broader, equally often.
    """

    seeds: int = Field(32, ge=1)
    """Slots that are written from the description alone (there: 52k instructions of Alpaca)."""
    round: int = Field(32, ge=1)
    """Slots of one round; each draws its parent from the rounds before, so that a round runs at once."""


Recipe = Simula | SelfInstruct | EvolInstruct


class DatasetSettings(Settings):
    """How a data set is filled and filtered (Section 2.4)."""

    candidates_per_row: float = incidental(4.0, ge=1)
    """Slots tried at most for each row of the target size; then the run ends short, loudly. It decides
    whether there is a data set, not what is in it."""
    ngram: int = Field(13, ge=1)
    """Tokens in an n-gram of the post-filter: 13, paper."""
    similarity: float = Field(0.8, gt=0, le=1)
    """Jaccard similarity of n-gram sets from which two texts count as the same: 0.8, paper."""
    attempts: int = Field(3, ge=1)
    """How often one question is put to the teacher while its reply cannot be read."""
    tokens: int | None = incidental(None, ge=1)
    """Teacher tokens, read and written, that a data set may cost, its taxonomies included; it ends there
    with the rows it has. To compare recipes at equal cost; null: no limit. Part of the key of the rows,
    not of the data set."""
    concurrency: int = incidental(64, ge=1)
    """Slots worked on at once."""
    shards: int = incidental(1, ge=1)
    """Jobs of a cluster that ask for parts of a data set at once (`simula run -m hydra/launcher=slurm_…`)."""
