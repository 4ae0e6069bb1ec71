"""Errors that a user can act on: one clear line, the remedy, and the exit code of the command."""

from __future__ import annotations

import signal
from enum import IntEnum


class ExitCode(IntEnum):
    """What the `plumbline` command ends with; 2 is a wrong call of the command itself."""

    OK = 0
    SETTINGS = 3
    INPUT = 4
    WAREHOUSE = 5
    BUILD = 6
    PUBLISH = 7
    VALIDATION = 8
    HEALTH = 9
    INTERRUPTED = 128 + signal.SIGINT
    TERMINATED = 128 + signal.SIGTERM


class PlumblineError(Exception):
    """Something that the user, not the program, has to mend. Never carries the content of a row."""

    exit_code = ExitCode.SETTINGS

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class SettingsError(PlumblineError):
    """A setting is missing or cannot be right."""

    exit_code = ExitCode.SETTINGS


class InputError(PlumblineError):
    """The landing area is missing, empty or cannot be read."""

    exit_code = ExitCode.INPUT


class SourceError(InputError):
    """A live source does not answer, or not as it should."""


class WarehouseError(PlumblineError):
    """The warehouse is locked, unreachable or not loaded yet."""

    exit_code = ExitCode.WAREHOUSE


class StoppedError(PlumblineError):
    """Somebody stopped the load, by Ctrl-C or by a signal."""

    def __init__(self, number: int) -> None:
        super().__init__("The load was stopped; nothing half-done is visible.", "Load again: it starts clean and brings what is missing.")
        self.exit_code = ExitCode.TERMINATED if number == signal.SIGTERM else ExitCode.INTERRUPTED


class BuildError(PlumblineError):
    """A model could not be built, or one of its tests failed."""

    exit_code = ExitCode.BUILD


class PublishError(PlumblineError):
    """There is no build that may be published."""

    exit_code = ExitCode.PUBLISH


class ValidationError(PlumblineError):
    """A load did not meet an expectation that its suite fails a load for."""

    exit_code = ExitCode.VALIDATION


class HealthError(PlumblineError):
    """Data is stale or incomplete, a load is not valid, or a build failed."""

    exit_code = ExitCode.HEALTH


_FULL = ("no space left", "file too large", "disk full", "not enough space", "disk quota", "could not extend file")


def is_disk_full(error: BaseException) -> bool:
    """Whether an error, or what caused it, tells of a full disk: each library says so in words of its own."""
    cause: BaseException | None = error
    while cause is not None:
        if any(words in str(cause).lower() for words in _FULL):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def disk_full() -> WarehouseError:
    """The error that a full disk is told as."""
    return WarehouseError(
        "There is no disk space left for the warehouse or for the working folder .plumbline/; nothing half-done is visible.",
        "Free some space, or move either to a larger disk, then run the command again.",
    )
