"""Taxonomies as one self-contained page to browse: no network, every text escaped."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from simula.taxonomy.account import sentences, warnings
from simula.taxonomy.tree import Taxonomies


def render_page(found: Taxonomies, key: str, manifest: Mapping[str, Any]) -> str:
    """The page of an artifact: trees with a search, strategies, what the reviews did, warnings.

    Args:
        found: the taxonomies.
        key: the artifact's key, its title.
        manifest: what `account` says of them.
    """
    loader = PackageLoader("simula.taxonomy", ".")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    script = loader.get_source(environment, "page.js")[0]
    total = sum(strategy.weight for strategy in found.strategies)
    return environment.get_template("page.html.jinja").render(
        key=key,
        taxonomies=found.taxonomies,
        levels=found.nodes_by_level,
        strategies=[
            (
                f"{100 * strategy.weight / total:.0f} %",
                strategy.factors,
                [str(one) for one in strategy.excluded],
            )
            for strategy in found.strategies
        ],
        sentences=sentences(manifest),
        repeated=manifest["repeated_names"],
        warnings=warnings(manifest),
        script=Markup(script),
        # The browser runs this script and no other, whatever a model wrote.
        allowed=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )
