"""Errors that a user can act on: one clear line, the remedy, and the exit code of the command."""

from __future__ import annotations

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
