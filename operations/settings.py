"""The settings of a run, from flags, the environment, or dlt's config files, in this order."""

from __future__ import annotations

import os
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingestion.errors import SettingsError
from ingestion.landing import S3Access

PROJECT = Path(__file__).resolve().parents[1]
TARGETS = ("duckdb", "postgres")
KEY_FILE = Path(".plumbline/pseudonym.key")
SHORTEST_KEY = 32
LOCK_WAIT_SECONDS = 120.0


@dataclass(frozen=True)
class Settings:
    """Where the warehouse is and what it is filled from.

    target          duckdb or postgres
    database        DuckDB's working file
    postgres_dsn    connection URL of the PostgreSQL server, for target postgres
    landing         folder of the raw files, or the URL of a place in an object store
    s3              how to reach an s3:// one
    pseudonym_key   the secret from which the tenants' keys are derived; None when there is none yet
    lock_wait_seconds  how long a load waits for a DuckDB file that another process has open
    """

    target: str
    database: Path
    postgres_dsn: str | None
    landing: str
    pseudonym_key: str | None
    lock_wait_seconds: float = LOCK_WAIT_SECONDS
    s3: S3Access = field(default_factory=S3Access)

    @property
    def published(self) -> Path:
        """The read-only copy that people read, beside DuckDB's working file."""
        return self.database.with_name(f"{self.database.stem}.published.duckdb")

    def require_pseudonym_key(self) -> str:
        """The secret, or an error that says how to give one."""
        if not self.pseudonym_key:
            raise SettingsError(
                "There is no pseudonym key, and without it nothing personal may be read.",
                "Set PLUMBLINE_PSEUDONYM_KEY to a secret of at least 32 characters and keep it: the same person has the same pseudonym "
                "only under the same key. (`plumbline demo-data` makes one for the demo.)",
            )
        if len(self.pseudonym_key) < SHORTEST_KEY:
            raise SettingsError(
                f"The pseudonym key is shorter than {SHORTEST_KEY} characters, so that pseudonyms could be guessed.",
                "Set PLUMBLINE_PSEUDONYM_KEY to a longer secret, for instance the output of `openssl rand -hex 32`.",
            )
        return self.pseudonym_key

    def environment(self) -> dict[str, str]:
        """The settings as the variables that profiles.yml reads."""
        return {
            "PLUMBLINE_TARGET": self.target,
            "PLUMBLINE_DATABASE": str(self.database),
            "PLUMBLINE_POSTGRES_DSN": self.postgres_dsn or "",
        }


def read_files() -> dict[str, Any]:
    """Section [plumbline] of dlt's config files; what secrets.toml says wins, setting by setting."""
    found: dict[str, Any] = {}
    for path in (Path(".dlt/config.toml"), Path(".dlt/secrets.toml")):
        if path.is_file():
            try:
                found = _merged(found, tomllib.loads(path.read_text()).get("plumbline", {}))
            except tomllib.TOMLDecodeError:
                raise SettingsError(f"{path} is not written in TOML.", "Correct it; texts stand in quotes.") from None
    return found


def _merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    both = {name: _merged(one[name], other[name]) for name in one if isinstance(one[name], dict) and isinstance(other.get(name), dict)}
    return one | other | both


def read_settings(flags: Mapping[str, str | None]) -> Settings:
    """Settings from `flags` (target, database, postgres_dsn, landing), the PLUMBLINE_* variables, or section
    [plumbline] of .dlt/config.toml and .dlt/secrets.toml. Raises SettingsError."""
    files = read_files()

    def setting(name: str, default: str | None = None) -> str | None:
        return flags.get(name) or os.environ.get(f"PLUMBLINE_{name.upper()}") or files.get(name) or default

    target = setting("target", "duckdb")
    if target not in TARGETS:
        raise SettingsError(f"There is no target {target!r}.", f"Set PLUMBLINE_TARGET (or --target) to one of: {', '.join(TARGETS)}.")
    dsn = setting("postgres_dsn")
    if target == "postgres" and not dsn:
        raise SettingsError(
            "Target postgres needs a server to connect to.",
            "Set PLUMBLINE_POSTGRES_DSN, for instance postgresql://user:password@localhost:5432/analytics.",
        )
    key = setting("pseudonym_key") or (KEY_FILE.read_text().strip() if KEY_FILE.is_file() else None)
    database = Path(setting("database", "warehouse/plumbline.duckdb") or "")
    s3 = S3Access(
        endpoint_url=setting("s3_endpoint_url"),
        access_key_id=setting("s3_access_key_id"),
        secret_access_key=setting("s3_secret_access_key"),
        region=setting("s3_region"),
    )
    wait = setting("lock_wait_seconds", str(LOCK_WAIT_SECONDS)) or ""
    if not wait.replace(".", "", 1).isdigit():
        raise SettingsError(f"{wait!r} is no number of seconds.", "Set PLUMBLINE_LOCK_WAIT_SECONDS to a number, 0 for not waiting at all.")
    return Settings(target, database.absolute(), dsn, setting("landing", "landing") or "", key, float(wait), s3)


def make_demo_key() -> None:
    """Write a random pseudonym key for the demo, readable by its owner only, unless there is one."""
    if KEY_FILE.exists():
        return
    KEY_FILE.parent.mkdir(exist_ok=True)
    KEY_FILE.touch(mode=0o600)
    KEY_FILE.write_text(secrets.token_hex(32) + "\n")
