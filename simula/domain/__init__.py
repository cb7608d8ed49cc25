"""What data is wanted: description, form of a data point, instructions."""

from simula.domain.domain import Domain, Factor, GivenNode, Language, Task
from simula.domain.example import Example, Place
from simula.domain.expression import Expression
from simula.domain.free_text import FreeText
from simula.domain.identifier import Identifier
from simula.domain.latex import boxed
from simula.domain.multiple_choice import MultipleChoice
from simula.domain.number import Number
from simula.domain.reading import Extraction, Found, Reading
from simula.domain.strategy import Exclusion, Strategy, strategy_problems

__all__ = [
    "Domain",
    "Example",
    "Exclusion",
    "Expression",
    "Extraction",
    "Factor",
    "Found",
    "FreeText",
    "GivenNode",
    "Identifier",
    "Language",
    "MultipleChoice",
    "Number",
    "Place",
    "Reading",
    "Strategy",
    "Task",
    "boxed",
    "strategy_problems",
]
