"""Copies of a database file with its write-ahead log, whole or not at all, also while DuckDB holds it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import uuid
from pathlib import Path

from datasets.errors import DatabaseUnavailable
from datasets.write_ahead_log import log_path

# Closing the file anywhere in this process would drop the lock that DuckDB holds on it: copy in another one.
_COPY = "import shutil, sys; shutil.copyfile(sys.argv[1], sys.argv[2])"


def copy_pair(path: Path, target: Path) -> None:
    """Copy a database and its log, the log first: a copy that is there is whole.

    Parameters
    ----------
    path, target : pathlib.Path

    Raises
    ------
    DatabaseUnavailable
        When the copy cannot be written.
    """
    draft = target.with_name(f".{target.name}.{uuid.uuid4().hex}.draft")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if log_path(path).exists():
            _copy(log_path(path), log_path(target))
        _copy(path, draft)
        draft.replace(target)
    except (OSError, subprocess.CalledProcessError) as error:
        with contextlib.suppress(OSError):
            log_path(target).unlink(missing_ok=True)
        raise DatabaseUnavailable(
            f"The backup {target} cannot be written ({_reason(error)}): free some space or choose another "
            "folder; nothing was changed."
        ) from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    subprocess.run(  # noqa: S603 - our own interpreter and text
        [sys.executable, "-I", "-S", "-c", _COPY, str(source), str(target)],
        check=True,
        capture_output=True,
        text=True,
    )
    with target.open("rb") as stream:
        os.fsync(stream.fileno())


def _reason(error: OSError | subprocess.CalledProcessError) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    last = (error.stderr or "").strip().splitlines()[-1:] or ["the copy failed"]
    return last[0].rpartition("] ")[2].partition(":")[0]
