"""Prompt files to text. What a model wrote enters as a value, never as a template."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from simula.domain import Domain
from simula.settings import fingerprint


class _Prompts(Environment):
    """Jinja, quicker at `choice.path`: it looks for an attribute first, and values are dictionaries."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """The attribute or item, as Jinja decides; of a plain dictionary without an exception first."""
        if type(obj) is dict and attribute in obj and attribute not in _OF_DICTIONARIES:
            return obj[attribute]
        return super().getattr(obj, attribute)


_OF_DICTIONARIES = frozenset(dir(dict))
_INCLUDE = re.compile(r'{% include "(\w+\.jinja)" %}\n?')


class _PromptFiles(PackageLoader):
    """Prompt files, with what they include in its place: Jinja would look it up at each rendering."""

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str, Callable[[], bool] | None]:
        """The text of a prompt file; the line end that closes an included file is dropped, as by Jinja."""

        def included(found: re.Match[str]) -> str:
            return self.get_source(environment, found[1])[0].removesuffix("\n")

        source, path, uptodate = super().get_source(environment, template)
        return _INCLUDE.sub(included, source), path, uptodate


@cache
def _environment() -> Environment:
    environment = _Prompts(
        loader=_PromptFiles("simula", "prompts"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # prompts are plain text, not HTML
        auto_reload=False,  # else every call asks the file system whether a prompt file has changed
    )
    environment.globals.clear()  # no prompt uses Jinja's own functions, which are copied for each rendering
    return environment


@cache
def _template(name: str) -> Template:
    return _environment().get_template(f"{name}.jinja")


def render(template: str, values: Mapping[str, Any]) -> str:
    """The prompt file `template` filled in; a missing value is an error."""
    return _template(template).render(values).strip()


@cache
def template_hash(template: str) -> str:
    """Hash of the prompt file, with which stored rows name the wording they were made by."""
    source, _, _ = PackageLoader("simula", "prompts").get_source(_environment(), f"{template}.jinja")
    return fingerprint(source)


def system_prompt(domain: Domain, *, sample: bool = False) -> str:
    """The system instruction of a domain; equal in all calls of a stage, so that servers can cache it.

    Args:
        domain: what data is wanted.
        sample: show the domain's sample S of existing data too, as every taxonomy step does (Section 2.1)
            and no generation does.
    """
    values = {"description": domain.description, "language": domain.language}
    return render("system", values | {"sample": list(domain.seeds) if sample else []})
