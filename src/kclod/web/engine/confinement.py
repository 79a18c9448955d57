"""What a query worker gives up before it answers anything: the network, core dumps, more memory than its share.

The engine's SERVICE is live by default and would reach loopback and the local network. Queries with SERVICE are
refused before (see `guard`); this is the second wall, and it holds whatever the engine's parser accepts.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import signal
from pathlib import Path

_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 22, 38
_SECCOMP_MODE_FILTER = 2
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _DENY = 0x7FFF0000, 0x00050000 | 13  # SECCOMP_RET_ALLOW; SECCOMP_RET_ERRNO with EACCES
_OFFSET_NUMBER, _OFFSET_ARCHITECTURE = 0, 4
# Per machine: its audit architecture and the numbers of socket(2) and io_uring_setup(2), which could make one too.
_SYSTEM_CALLS = {"x86_64": (0xC000003E, 41, 425), "aarch64": (0xC00000B7, 198, 425)}
_X32_BIT = 0x40000000


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_ushort),
        ("jump_true", ctypes.c_ubyte),
        ("jump_false", ctypes.c_ubyte),
        ("k", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.POINTER(_Instruction)))


def forbid_network() -> bool:
    """Make socket(2) fail with EACCES in this process and all it starts, for good; whether the system could do so.

    A seccomp filter: it needs no privilege. Sockets that are open already go on working.
    """
    calls = _SYSTEM_CALLS.get(platform.machine())
    if calls is None:
        return False
    architecture, *denied = calls
    if platform.machine() == "x86_64":
        denied += [number | _X32_BIT for number in denied]
    count = len(denied)
    steps = [
        (_LOAD, 0, 0, _OFFSET_ARCHITECTURE),
        (_JUMP_IF_EQUAL, 0, count + 2, architecture),  # a foreign architecture is denied everything
        (_LOAD, 0, 0, _OFFSET_NUMBER),
        *((_JUMP_IF_EQUAL, count - index, 0, number) for index, number in enumerate(denied)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _DENY),
    ]
    instructions = (_Instruction * len(steps))(*(_Instruction(*step) for step in steps))
    program = _Program(len(steps), instructions)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return bool(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) == 0)


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when its parent dies; ends at once when the parent is gone already."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)


def limit_memory(extra_bytes: int) -> None:
    """Bound the address space to what this process has now and `extra_bytes`; no core dumps."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    bound = pages * resource.getpagesize() + extra_bytes
    resource.setrlimit(resource.RLIMIT_AS, (bound, bound))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
