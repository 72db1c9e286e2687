"""A schema in Protobuf's own language, compiled: the text as a registry holds it becomes descriptors.

The compiler is Protobuf's own, run in a process of its own: a schema that it chokes on costs no sink. The files that
every registry takes for known (``google/protobuf``, ``google/type``, ``confluent``) need not be among the references.
"""

from __future__ import annotations

import errno
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path, PurePosixPath

from google.protobuf.descriptor import Descriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool

_KNOWN = (Path(__file__).parent / "protos", Path(str(files("google.type") / "date.proto")).parents[2])
_MAIN = "vigil_schema.proto"
_SECONDS = 60
_MOST_FOLDERS = 50
# What a file system says of a name that it does not take, or that another reference has as a folder.
_NO_NAME = frozenset({errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.EINVAL, errno.EILSEQ})


class SchemaBroken(Exception):
    """The text is no Protobuf schema, or imports what is not there; the message is the compiler's."""


class CompilerFailed(Exception):
    """The compiler came to no end, or could not be run: that says nothing of the schema."""


class ProtobufSchema:
    """The messages of one schema.

    Raises:
        SchemaBroken: the text does not compile.
        CompilerFailed: it may yet, at another time.
    """

    def __init__(self, text: str, references: Mapping[str, str]) -> None:
        compiled = _compiled(text, references)
        pool = DescriptorPool()
        try:
            for file in compiled.file:
                pool.Add(file)
            self._file = pool.FindFileByName(_MAIN)
        except (TypeError, KeyError) as error:
            raise SchemaBroken(f"Protobuf's library does not take what was compiled: {error}"[:500]) from error

    def message(self, indexes: Sequence[int]) -> Descriptor:
        """The message at ``indexes``: of the file's messages the first index, of those within it the second, …

        Raises:
            IndexError: there is none.
        """
        if not indexes or min(indexes) < 0:
            raise IndexError(f"message indexes {list(indexes)} name no message")
        found = list(self._file.message_types_by_name.values())[indexes[0]]
        for index in indexes[1:]:
            # The entries of maps are messages only to the compiler.
            found = [each for each in found.nested_types if not each.GetOptions().map_entry][index]
        return found


def _compiled(text: str, references: Mapping[str, str]) -> FileDescriptorSet:
    try:
        with tempfile.TemporaryDirectory() as folder:
            source, made = Path(folder) / "source", Path(folder) / "made"
            for name, content in {**references, _MAIN: text}.items():
                _write(source, name, content)
            _run([f"--proto_path={each}" for each in (source, *_KNOWN)], made)
            return FileDescriptorSet.FromString(made.read_bytes())
    except OSError as error:
        raise CompilerFailed(f"the compiler cannot be run: {error}") from error


def _write(source: Path, name: str, content: str) -> None:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or len(path.parts) > _MOST_FOLDERS:
        raise SchemaBroken(f"the reference {name[:200]!r} leads out of the schema's folder, or too far down")
    try:
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        (source / path).write_text(content, encoding="utf-8")
    except UnicodeEncodeError as error:
        raise SchemaBroken(f"{name[:200]!r} is no text: {error}"[:500]) from error
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno not in _NO_NAME:
            raise
        raise SchemaBroken(f"the reference {name[:200]!r} cannot be the name of a file") from error


def _run(paths: Sequence[str], made: Path) -> None:
    command = [sys.executable, "-m", "grpc_tools.protoc", *paths, "--include_imports", f"--descriptor_set_out={made}"]
    try:
        run = subprocess.run([*command, _MAIN], capture_output=True, text=True, timeout=_SECONDS, cwd=made.parent)
    except subprocess.TimeoutExpired as error:
        raise CompilerFailed(f"the compiler did not come to an end in {_SECONDS} s") from error
    if run.returncode < 0:
        raise CompilerFailed(f"the compiler was ended by the signal {-run.returncode}")
    if run.returncode:
        raise SchemaBroken(run.stderr.strip().replace(f"{_MAIN}:", "line ")[:500] or f"exit {run.returncode}")
