"""Texts to vectors, behind a port of their own: TF-IDF, a local model, Gemini, OpenAI-compatible servers."""

from __future__ import annotations

from simula.embedding.port import Embedder, Embeddings, Vectors, unit
from simula.embedding.settings import EmbeddingSettings

__all__ = ["Embedder", "EmbeddingSettings", "Embeddings", "Vectors", "unit"]
