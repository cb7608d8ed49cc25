"""What data is wanted: description, form of a data point, instructions."""

from simula.domain.domain import Domain, Factor, GivenNode, Language, Task
from simula.domain.example import Example
from simula.domain.free_text import FreeText
from simula.domain.identifier import Identifier
from simula.domain.multiple_choice import MultipleChoice
from simula.domain.number import Number

__all__ = [
    "Domain",
    "Example",
    "Factor",
    "FreeText",
    "GivenNode",
    "Identifier",
    "Language",
    "MultipleChoice",
    "Number",
    "Task",
]
