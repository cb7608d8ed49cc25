"""Expert taxonomies, which others are measured against: three forms of their text, and what is shipped.

The YAML files beside this module are data of this project's own making; `docs/expert_taxonomies.md` says
where the facts come from, and which of the paper's taxonomies cannot be had.
"""

from simula.taxonomy.expert.expert import Expert, Kind
from simula.taxonomy.expert.forms import FORMS, from_text

__all__ = ["FORMS", "Expert", "Kind", "from_text"]
