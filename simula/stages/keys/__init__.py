"""Keys: what determines each artifact, hashed, behind a readable prefix.

A key holds the configuration that determines the artifact and the keys of its inputs, and nothing
else: no logging, launcher, hardware, path or concurrency. The same key is the same folder, which is how
everything resumes and how the cells of a sweep share their work.
"""

from simula.stages.keys.cells import ARTIFACTS, artifact_keys, cell_key, made_up_to
from simula.stages.keys.made import (
    TAXONOMY_PROMPTS,
    adapter_key,
    advice_key,
    dataset_key,
    evaluation_key,
    rating_key,
    rows_key,
    taxonomy_key,
    teacher_key,
)
from simula.stages.keys.measures import (
    MEASURES,
    POOL,
    complexity_key,
    critics_key,
    measured_key,
    pool_key,
    quality_key,
    trials_key,
    validity_key,
)

__all__ = [
    "ARTIFACTS",
    "MEASURES",
    "POOL",
    "TAXONOMY_PROMPTS",
    "adapter_key",
    "advice_key",
    "artifact_keys",
    "cell_key",
    "complexity_key",
    "critics_key",
    "dataset_key",
    "evaluation_key",
    "made_up_to",
    "measured_key",
    "pool_key",
    "quality_key",
    "rating_key",
    "rows_key",
    "taxonomy_key",
    "teacher_key",
    "trials_key",
    "validity_key",
]
