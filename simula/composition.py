"""From command-line overrides to cells: compose with Hydra, expand sweeps, and name every mistake at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from simula.config import Config, Scalars, parse
from simula.errors import ConfigurationError, unknown
from simula.help import conf_folder

ROOT = "simula"
_COMPOSING = (HydraException, OmegaConfBaseException, ValueError, YAMLError)
"""What composing raises for a mistake of the user's; a ConfigurationError is a ValueError."""
_LAUNCHER = "hydra.launcher."
_NUMBERS = ("size", "seed", "data_seed")
"""Top-level numbers: cells that differ in nothing else are composed once, as that takes 0.1 s and more."""
_INTERPOLATED = re.compile(rf"\$\{{[^}}]*\b({'|'.join(_NUMBERS)})\b")
"""A number that another value is made of, such as `${size}`."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One point of a sweep: the overrides that name it, and its validated configuration."""

    overrides: tuple[str, ...]
    config: Config


def cells(overrides: Sequence[str], *, sweep: bool, extra_folder: Path | None = None) -> list[Cell]:
    """Every cell that the overrides ask for, all of them validated before any work.

    Args:
        overrides: Hydra overrides, such as `size=4000` or, in a sweep, `system=baseline,full`.
        sweep: expand choices and the experiment's own sweep.
        extra_folder: a folder of the user's own configuration, searched first.

    Raises:
        ConfigurationError: with every problem of every cell, each once.
    """
    with _hydra(extra_folder) as composer:
        parsed = composer.parsed(overrides)
        if not sweep:
            _check_single(parsed)
            composer.check_chosen(parsed)
        expanded = composer.expand(parsed) if sweep else [list(overrides)]
        found: list[Cell] = []
        problems: dict[str, None] = {}
        for chosen in expanded:
            try:
                found.append(Cell(overrides=tuple(chosen), config=composer.cell(chosen)))
            except ConfigurationError as error:
                problems.update(dict.fromkeys(error.problems))
    if problems:
        raise ConfigurationError(*problems)
    return found


def shared(overrides: Sequence[str], *, extra_folder: Path | None = None) -> Config:
    """Where files go and what else the cells of an experiment share; its own sweep is not expanded.

    Args:
        overrides: each with one value.
        extra_folder: a folder of the user's own configuration.

    Raises:
        ConfigurationError: with every problem.
    """
    with _hydra(extra_folder) as composer:
        _check_single(composer.parsed(overrides))
        return composer.one(overrides)


def _check_single(parsed: Sequence[Override]) -> None:
    if swept := [override.input_line for override in parsed if override.is_sweep_override()]:
        raise ConfigurationError(*(f"{line} has several values; add -m to sweep over them" for line in swept))


def launcher(overrides: Sequence[str], *, extra_folder: Path | None = None) -> dict[str, Any]:
    """The settings of the launcher that a sweep runs on, which are the same for all of its cells.

    Args:
        overrides: those of the sweep.
        extra_folder: a folder of the user's own configuration.
    """
    with _hydra(extra_folder) as composer:
        plain = [str(o.input_line) for o in composer.parsed(overrides) if not o.is_sweep_override()]
        found = OmegaConf.to_container(composer.compose(plain).hydra.launcher, resolve=True)
    assert isinstance(found, dict)
    return {str(name): value for name, value in found.items()}


@contextmanager
def _hydra(extra_folder: Path | None) -> Iterator[_Composer]:
    GlobalHydra.instance().clear()
    search = [f"hydra.searchpath=[file://{extra_folder.resolve()}]"] if extra_folder else []
    with initialize_config_dir(config_dir=str(conf_folder()), version_base="1.3"):
        yield _Composer(search)


@dataclass(frozen=True, slots=True)
class _Composer:
    """Composes within an initialised Hydra."""

    search: Sequence[str]
    composed: dict[tuple[str, ...], tuple[Config, frozenset[str]]] = field(default_factory=dict)
    """Overrides without numbers, to a cell of them and the numbers that something in it is made of."""

    def compose(self, overrides: Sequence[str]) -> DictConfig:
        return compose(ROOT, overrides=[*self.search, *overrides], return_hydra_config=True)

    def expand(self, parsed: Sequence[Override]) -> list[list[str]]:
        """Every combination, by Hydra's own sweeper, so that it is what a multirun launches."""
        batches = BasicSweeper.split_arguments([*self._own(parsed), *parsed], max_batch_size=None)
        return [list(chosen) for chosen in batches[0]]

    def check_chosen(self, parsed: Sequence[Override]) -> None:
        """Refuse to take one cell for an experiment of several, of which nothing says which it is."""
        chosen = {override.key_or_group for override in parsed}
        own = self._own(parsed) if "experiment" in chosen else []
        swept = [one.key_or_group for one in own if one.is_sweep_override()]
        if left := [key for key in swept if key not in chosen]:
            raise ConfigurationError(
                f"this experiment sweeps over {', '.join(left)}; add -m, or choose one value of each"
            )

    def _own(self, parsed: Sequence[Override]) -> list[Override]:
        """What the experiment's file sweeps over."""
        plain = [str(override.input_line) for override in parsed if not override.is_sweep_override()]
        try:
            hydra = self.compose(plain).hydra
        except _COMPOSING as error:
            raise ConfigurationError(*self.problems(_values(parsed), error)) from error
        params = OmegaConf.to_container(hydra.sweeper.get("params") or OmegaConf.create({}))
        assert isinstance(params, dict)
        return self.parsed([f"{key!s}={value!s}" for key, value in params.items()])

    def parsed(self, overrides: Sequence[str]) -> list[Override]:
        loader = GlobalHydra.instance().config_loader()
        parser = OverridesParser.create(config_loader=loader)
        found, problems = [], []
        for line in overrides:
            try:
                found.extend(parser.parse_overrides([line]))
            except OverrideParseException:
                key, given, _ = line.partition("=")
                twice = f"; what has spaces or signs is quoted twice, as in \"{key}='a, b'\""
                problems.append(
                    f"'{line}' is not of the form key=value{twice if given else ' such as size=4000'}"
                )
        if problems:
            raise ConfigurationError(*problems)
        return found

    def cell(self, overrides: Sequence[str]) -> Config:
        """As `one`; of cells that differ in numbers alone only the first is composed."""
        numbers = {line.partition("=")[0]: line.partition("=")[2] for line in overrides if _number(line)}
        rest = tuple(line for line in overrides if not _number(line))
        found = self.composed.get(rest)
        if found is None or found[1] & numbers.keys():
            config, composed = self._composed(overrides)
            self.composed[rest] = (config, frozenset(_INTERPOLATED.findall(OmegaConf.to_yaml(composed))))
            return config
        values = found[0].scalars.model_dump() | {name: int(value) for name, value in numbers.items()}
        return replace(found[0], scalars=Scalars.model_validate(values))

    def one(self, overrides: Sequence[str]) -> Config:
        """One cell's configuration; where it does not compose, every mistake in it."""
        return self._composed(overrides)[0]

    def _composed(self, overrides: Sequence[str]) -> tuple[Config, DictConfig]:
        try:
            composed = self.compose(overrides)
            return self._parsed(composed), composed
        except ConfigurationError:
            raise
        except _COMPOSING as error:
            raise ConfigurationError(*self.problems(overrides, error)) from error

    def _parsed(self, composed: DictConfig) -> Config:
        return parse(composed, {str(k): str(v) for k, v in composed.hydra.runtime.choices.items()})

    def problems(self, lines: Sequence[str], error: Exception) -> list[str]:
        """What is wrong with each override, tried by itself over the valid choices of groups among them.

        Args:
            lines: overrides with one value each.
            error: what composing all of them together said; told where no single one is at fault.
        """
        groups = set(self._groups())
        choices = [line for line in lines if _key(line) in groups]
        context: dict[str, str] = {}
        found: dict[str, None] = {}
        for line in choices:
            problems = self._try([line], line)
            found.update(dict.fromkeys(problems))
            if not problems:
                context[_key(line)] = line
        for line in lines:
            if line not in choices:
                found.update(dict.fromkeys(self._try([*context.values(), line], line)))
        return list(found) or [_sentence(error)]

    def _try(self, overrides: Sequence[str], line: str) -> list[str]:
        try:
            self._parsed(self.compose(overrides))
        except ConfigurationError as error:
            return list(error.problems)
        except MissingConfigException as error:
            group, _, name = str(error.missing_cfg_file).rpartition("/")
            missing = unknown(name, list(error.options or ()), group)
            if group == "benchmark" and _key(line) == "domain":
                return [
                    f"{line}: a domain's benchmark is the one of its name, and there is no benchmark "
                    f"'{name}': add benchmark=file benchmark.path=…, or benchmark=none for data alone"
                ]
            own = "" if self.search or "did you mean" in missing else "; --config-dir FOLDER adds your own"
            return [f"{line}: {missing}{own}"]
        except _COMPOSING as error:
            known = sorted({*_keys(self.compose(overrides[:-1])), *self._groups()})
            if _key(line) not in known:
                return [self._unknown(overrides[:-1], line, known)]
            return [f"{line}: {_sentence(error)}"]
        return []

    def _unknown(self, others: Sequence[str], line: str, known: list[str]) -> str:
        """A key that is no key at all, or one that exists but that the option's file does not write out."""
        if _key(line).startswith(_LAUNCHER):  # whose keys no part of a cell's configuration would miss
            launcher = self.compose(others).hydra.launcher
            own = [f"{_LAUNCHER}{name}" for name in launcher if name != "_target_"]
            if not own:
                return f"{line}: this launcher has no keys; choose another, as by hydra/launcher=slurm_gpu"
            if ".".join(_key(line).split(".")[:3]) not in own:
                return f"{line}: {unknown(_key(line), own, 'key of this launcher')}"
        try:
            self._parsed(self.compose([*others, f"+{line}"]))
        except _COMPOSING:
            top = [name for name in known if "." not in name and "hydra" not in name]
            return f"{line}: {unknown(_key(line), known, 'group or key', top)}"
        return f"{line}: the chosen option leaves this key at its default; a + in front adds it: +{line}"

    def _groups(self) -> list[str]:
        loader = GlobalHydra.instance().config_loader()
        return [*loader.list_groups(""), *(f"hydra/{name}" for name in loader.list_groups("hydra"))]


def _number(line: str) -> bool:
    """Whether an override gives a top-level number a plain value that needs no checking."""
    name, _, value = line.partition("=")
    return name in _NUMBERS and value.isdecimal() and (name != "size" or int(value) > 0)


def _key(line: str) -> str:
    return line.lstrip("+~").partition("=")[0].split("@")[0]


def _values(parsed: Sequence[Override]) -> list[str]:
    """Each override with each of its values: `size=1,2` is two."""
    lines = []
    for override in parsed:
        if override.is_sweep_override():
            lines += [f"{override.get_key_element()}={value}" for value in override.sweep_string_iterator()]
        else:
            lines.append(str(override.input_line))
    return lines


def _sentence(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


def _keys(composed: DictConfig) -> Iterator[str]:
    """Every key of the configuration, dotted."""

    def walk(node: object, above: str) -> Iterator[str]:
        if isinstance(node, dict):
            for name, child in node.items():
                yield f"{above}{name}"
                yield from walk(child, f"{above}{name}.")

    plain = OmegaConf.to_container(composed, resolve=False)
    assert isinstance(plain, dict)
    return walk({name: value for name, value in plain.items() if name != "hydra"}, "")
