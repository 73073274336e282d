"""What runs inside a decoding worker? Limits first, then one operation after the other from standard input.

Started by `lumenarc.imaging.pool` as `python -m lumenarc.imaging.worker MEMORY_BYTES CPU_SECONDS`. Ends when its input
ends. Whatever an image does to it stays in here: out of memory, endless loops and crashes of codecs end this process
at worst.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from typing import Any, BinaryIO

from lumenarc.errors import LumenarcError, Unrenderable
from lumenarc.imaging.messages import BrokenMessage, Message, pack, unpack
from lumenarc.imaging.operations import OPERATIONS

_MAX_OPEN_FILES = 64


def main() -> None:
    """Serve operations until standard input ends."""
    memory_bytes, cpu_s = int(sys.argv[1]), int(sys.argv[2])
    source, target = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb", buffering=0)
    # Codec libraries may print: their words must not end up between our messages.
    silence = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(silence, descriptor)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit_memory(memory_bytes)
    while True:
        try:
            fields, blobs = unpack(lambda n_bytes: _read_exactly(source, n_bytes))
        except BrokenMessage:
            return
        _limit_time(cpu_s)
        answer = _answer(fields, blobs)
        del blobs
        for part in pack(*answer):
            _write_all(target, part)


def _limit_memory(memory_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_MAX_OPEN_FILES, _MAX_OPEN_FILES))


def _limit_time(cpu_s: int) -> None:
    """Give the next operation `cpu_s` of processor time: ends the process even when its parent is gone."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = int(usage.ru_utime + usage.ru_stime) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (used + cpu_s, hard))


def _answer(fields: dict[str, Any], blobs: list[bytes]) -> Message:
    try:
        found, out = OPERATIONS[fields.pop("operation")](fields, blobs)
        return {"ok": True, **found}, out
    except LumenarcError as error:
        return {"ok": False, "error": type(error).__name__, "message": str(error)}, []
    except MemoryError:
        return {"ok": False, "error": Unrenderable.__name__, "message": "The image needs too much memory"}, []
    except Exception as error:  # noqa: BLE001 the door of this process: nothing an image causes may end it
        detail = f"The image could not be processed ({type(error).__name__})"
        return {"ok": False, "error": Unrenderable.__name__, "message": detail}, []


def _read_exactly(source: BinaryIO, n_bytes: int) -> bytes:
    data = source.read(n_bytes)
    if len(data) != n_bytes:
        raise BrokenMessage("input ended")
    return data


def _write_all(target: Any, part: bytes) -> None:
    view = memoryview(part)
    while view:
        view = view[target.write(view) :]


if __name__ == "__main__":
    main()
