"""Settings of the simulated teacher."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from pydantic import Field

from simula.settings import Settings, fingerprint, incidental
from simula.teacher.price import Price

if TYPE_CHECKING:
    from simula.domain import Domain
    from simula.teacher.port import Teacher


DOMAIN = "arithmetic"
"""The domain that describes what it knows."""


class SimulatedTeacher(Settings):
    """A teacher of arithmetic word problems that is a mechanism, not a model: every trait is a number here.

    It answers each request from the request alone. It does not know which system asks, remembers nothing,
    and answers the same request in the same way.
    """

    skill: float = 4.5
    """The complexity (about 0 to 6) at which half of its answers are wrong."""
    complexity_slope: float = Field(1.2, ge=0)
    """How fast errors grow: slope of the log-odds of an error, for each unit of complexity."""
    mode_collapse: float = Field(2.0, ge=0)
    """Zipf exponent, at temperature 1, of every choice that a request leaves open. 0: no collapse."""
    slip_rate: float = Field(0.05, ge=0, le=1)
    """Probability that a sample forgets one aspect of what was asked (calculation, setting, …)."""
    recall: float = Field(0.7, gt=0, le=1)
    """Share of a node's true children that one proposal names, the common ones more often."""
    misfit_rate: float = Field(0.1, ge=0, le=1)
    """Probability that a proposal names something that does not belong."""
    sensitivity: float = Field(0.95, ge=0, le=1)
    """Share of the right (or conforming) samples that its judgement takes for right."""
    specificity: float = Field(0.85, ge=0, le=1)
    """Share of the wrong (or not conforming) samples that its judgement takes for wrong."""
    agreement: float = Field(0.1, ge=0, le=1)
    """Probability of saying yes whatever is asked: sycophancy, which the double critic is against."""
    score_noise: float = Field(4.0, ge=0)
    """Standard deviation, in points of 100, of its scores of complexity, before they are rounded to fives."""
    misplacement: float = Field(0.05, ge=0, le=1)
    """Share of the points that it assigns to another node of a taxonomy than theirs, any of those shown."""
    temperature: float = Field(1.0, ge=0)
    """Sampling temperature; divides the exponent of `mode_collapse`."""
    max_tokens: int = Field(1024, ge=1)
    """A longer reply is cut off."""
    price: Price = incidental(Price())
    """A simulated teacher costs nothing; another price tries out plans and budgets."""

    def identity(self) -> dict[str, Any]:
        """The traits, and the world that the teacher knows: in another one it answers otherwise."""
        return super().identity() | {"world": _world()}

    @property
    def model(self) -> str:
        """ "simulated" and a hash of the traits: teachers that answer differently have different names."""
        return f"simulated-{fingerprint(self.identity())}"

    def believes(self, good: bool) -> float:
        """Probability that its judgement takes something for good that is good, or is not."""
        return self.sensitivity if good else 1 - self.specificity

    def connect(self) -> Teacher:
        """The teacher itself."""
        from simula.teacher.simulated.teacher import Simulated

        return Simulated(self)


def beyond(teacher: object, domain: Domain) -> str:
    """What to expect of a simulated teacher that is asked for another domain than its own; else nothing."""
    if not isinstance(teacher, SimulatedTeacher) or domain.name == DOMAIN:
        return ""
    return (
        "the simulated teacher knows arithmetic stories alone: these are what it writes, whatever "
        f"domain={domain.name} describes"
    )


@cache
def _world() -> str:
    """Hash of the file that states the world."""
    return fingerprint(resources.files(__package__).joinpath("world.toml").read_text("utf-8"))
