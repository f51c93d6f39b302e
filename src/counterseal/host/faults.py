"""What an exception that nobody expected means to the user: always one of counterseal's own errors."""

from __future__ import annotations

import errno

from counterseal.errors import CountersealError, Inconclusive, InternalFault, MalformedError, UsageError

# The machine's fault, not the caller's: nothing is known about what was asked.
_MACHINE = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.EROFS}
)


def diagnose(error: Exception) -> CountersealError:
    """Return the error of counterseal that `error` amounts to (itself, when it is one).

    A failure of the operating system that names a file is a wrong path (exit code 2); one that names none, or
    that is about space or hardware, leaves the verdict open (14). Anything unknown is a defect (1), told by
    its class only: its message may hold secrets.
    """
    if isinstance(error, CountersealError):
        return error
    if isinstance(error, RecursionError):
        return MalformedError("a document is nested too deeply")
    if isinstance(error, MemoryError):
        return Inconclusive("not enough memory", remedy="give the job more memory, or smaller files")
    if isinstance(error, OSError):
        return _system(error)
    return InternalFault(
        f"unexpected {type(error).__name__}", remedy="set COUNTERSEAL_DEBUG=1 to see where, and report it"
    )


def _system(error: OSError) -> CountersealError:
    """Return what a failure of the operating system amounts to, with the name of the file."""
    where = None if error.filename is None else _path(error.filename)
    message = error.strerror or type(error).__name__
    if where is None or error.errno in _MACHINE:
        return Inconclusive(message, where=where)
    return UsageError(message, where=where)


def _path(filename: object) -> str:
    """Return the file name of an `OSError`, which may be bytes, a descriptor or very long, as text."""
    text = filename.decode(errors="backslashreplace") if isinstance(filename, bytes) else str(filename)
    limit = 200
    return text if len(text) <= limit else text[:limit] + "…"
