"""Data sets: exactly N accepted, unique candidates in slot order."""

from simula.dataset.filling import Filling
from simula.dataset.language import foreign
from simula.dataset.similarity import SimilarityIndex, ngrams

__all__ = ["Filling", "SimilarityIndex", "foreign", "ngrams"]
