import errno
import os

import pytest

from counterseal.errors import SealError
from counterseal.host.faults import diagnose


def os_error(number: int, filename: object = "data.json") -> OSError:
    return OSError(number, os.strerror(number), filename)


@pytest.mark.parametrize(
    ("error", "exit_code", "words"),
    [
        (RecursionError(), 2, "nested"),
        (MemoryError(), 14, "memory"),
        (os_error(errno.ENOENT), 2, "data.json: No such file"),
        (os_error(errno.EISDIR), 2, "data.json: Is a directory"),
        (os_error(errno.EACCES), 2, "data.json: Permission denied"),
        (os_error(errno.ENOSPC), 14, "data.json: No space left"),
        (os_error(errno.ECONNREFUSED, None), 14, "Connection refused"),
        (OSError("odd"), 14, "OSError"),
        (os_error(errno.ENOENT, b"a\xff"), 2, "a\\xff: No such file"),
        (ValueError("the secret"), 1, "unexpected ValueError"),
        (KeyError("the secret"), 1, "unexpected KeyError"),
    ],
)
def test_every_exception_has_its_code_and_names_its_cause(error, exit_code, words):
    fault = diagnose(error)
    assert fault.exit_code == exit_code
    assert words in fault.diagnosis()


def test_a_message_that_may_hold_a_secret_is_not_repeated():
    assert "secret" not in diagnose(RuntimeError("the secret")).diagnosis()


def test_a_very_long_name_is_cut():
    assert len(diagnose(os_error(errno.ENAMETOOLONG, "x" * 5000)).diagnosis()) < 300


def test_an_error_on_purpose_stays_itself():
    error = SealError("no")
    assert diagnose(error) is error
