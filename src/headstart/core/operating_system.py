"""What Linux, macOS and Windows do differently: locks on files, processes, cores, flushing to the disk."""

import errno
import os
import sys
import weakref
from pathlib import Path
from typing import IO

_HERE, _SWAP = -100, 2  # AT_FDCWD; RENAME_EXCHANGE of Linux and RENAME_SWAP of macOS


def lock(file: IO[str]) -> None:
    """Lock an open file until its process ends, however it ends. BlockingIOError if another process holds the lock,
    another OSError if the disk has no locks."""
    if sys.platform == "win32":
        import msvcrt

        # a byte behind the content: Windows lets no other process read what is locked
        os.lseek(file.fileno(), 1 << 30, os.SEEK_SET)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except PermissionError as cause:
            raise BlockingIOError(*cause.args) from cause
        return
    import fcntl

    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    _close_in_children(file)


def _close_in_children(file: IO[str]) -> None:
    """A process that was forked from a run and outlives it must not hold its lock."""
    if sys.platform != "win32":
        reference = weakref.ref(file)

        def close() -> None:
            inherited = reference()
            if inherited is not None:
                inherited.close()

        os.register_at_fork(after_in_child=close)


def is_alive(pid: int) -> bool:
    """Is there a process of this number on this machine?"""
    if sys.platform == "win32":  # where os.kill(pid, 0) would interrupt it
        import ctypes

        kernel = ctypes.WinDLL("kernel32")
        handle = kernel.OpenProcess(0x1000, False, pid)  # PROCESS_QUERY_LIMITED_INFORMATION
        return bool(handle and kernel.CloseHandle(handle))
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True  # somebody else's
    return True


def flush(path: Path) -> None:
    """Make a rename in a folder, or the content of a file, survive a power cut."""
    if sys.platform == "win32" and path.is_dir():
        return  # Windows opens no folders; its file systems keep a journal of names
    handle = os.open(path, os.O_RDWR if sys.platform == "win32" else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def exchange(one: Path, other: Path) -> None:
    """Swap two paths of one disk in a single step, so that a kill or a crash leaves the one or the other order.

    OSError where the disk cannot (`errno` ENOSYS, EINVAL or ENOTSUP), or one of them is not there.
    """
    import ctypes

    first, second = os.fsencode(one), os.fsencode(other)
    try:
        if sys.platform == "linux":
            failed = ctypes.CDLL(None, use_errno=True).renameat2(_HERE, first, _HERE, second, _SWAP)
        elif sys.platform == "darwin":
            failed = ctypes.CDLL(None, use_errno=True).renamex_np(first, second, _SWAP)
        else:
            raise AttributeError("renameat2")
    except AttributeError as cause:  # a system, or a version of its library, that has no such call
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS)) from cause
    if failed:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(one), None, str(other))


def usable_cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
