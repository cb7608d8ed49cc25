"""A data set as others use it: Parquet and JSON lines, in a folder of the Hugging Face hub's form."""

from simula.export.folder import export
from simula.export.student import export_student

__all__ = ["export", "export_student"]
