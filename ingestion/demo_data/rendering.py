"""Product events as lines of JSON, in the manner of each tenant's collector. DuckDB writes them, many at a time."""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa

from ingestion.demo_data.activity import ASSESSMENT_TYPES, Events, event_types
from ingestion.demo_data.files import camel_case
from ingestion.demo_data.oddities import PERSONAL_ATTRIBUTES
from ingestion.demo_data.people import ROLES, TRAITS, People
from ingestion.demo_data.tenants import Tenant
from ingestion.demo_data.window import END_MS, NOTHING, START_MS, Flags, Floats, Integers

PLATFORMS = ("web", "mobile")


def _words(codes: Integers, words: tuple[str, ...]) -> pa.Array:
    missing = (codes < 0) | (codes >= len(words))
    indices = pa.array(np.where(missing, 0, codes).astype(np.int32), mask=missing)
    return pa.DictionaryArray.from_arrays(indices, pa.array(list(words) or [""], pa.string())).cast(pa.string())


def _integers(values: Integers) -> pa.Array:
    return pa.array(values, mask=values == NOTHING)


def _floats(values: Floats) -> pa.Array:
    return pa.array(values, mask=np.isnan(values))


def _modules(types: tuple[str, ...]) -> tuple[Integers, tuple[str, ...]]:
    """For each event type the module that it belongs to: the second word of feature and API events."""
    words = [name.split(".")[1] if name.count(".") == 2 else None for name in types]
    modules = tuple(sorted({word for word in words if word}))
    return np.array([modules.index(word) if word else NOTHING for word in words]), modules


def columns(tenant: Tenant, events: Events, people: People, event_numbers: Integers, has_id: Flags, is_personal: Flags) -> pa.Table:
    """Events as an Arrow table of words and numbers, ready to be written.

    Usage
        people         the users that the events are about
        event_numbers  what the event ids are made of: equal numbers, equal ids
        has_id         False where the sender gave no event id
        is_personal    True where the attributes hold personal data
    """
    types = event_types(tenant)
    module_of_type, modules = _modules(types)
    is_server = events.device == NOTHING
    platform = np.where(is_server, NOTHING, events.device % 2)
    progress = (events.occurred_ms - START_MS) / (END_MS - START_MS) * len(tenant.versions)
    version = np.clip(progress - 0.4 * platform, 0, len(tenant.versions) - 1).astype(np.int64)
    is_known = (events.user != NOTHING) & ~is_server
    user = np.where(is_known, events.user, 0)

    def of_user(codes: Integers, words: tuple[str, ...]) -> pa.Array:
        return _words(np.where(is_known, codes[user], NOTHING), words)

    spelling = np.where(np.isnan(events.traits[:, 0]), NOTHING, version % 3)
    return pa.table(
        {
            "number": pa.array(event_numbers, mask=~has_id),
            "type": _words(events.type, types),
            "user": _integers(events.user),
            "device": _integers(events.device),
            "session": _integers(events.session),
            "occurred": pa.array(events.occurred_ms).cast(pa.timestamp("ms")),
            "received": pa.array(events.received_ms).cast(pa.timestamp("ms")),
            "platform": _words(platform, PLATFORMS),
            "version": _words(np.where(is_server, NOTHING, version), tenant.versions),
            "country": _words(events.country, tuple(tenant.countries)),
            "organization": of_user(people.organization, tenant.organizations),
            "team": of_user(people.team, tuple(tenant.teams)),
            "brand": of_user(people.team, tuple(tenant.teams.values())),
            "role": of_user(people.role, ROLES if tenant.teams else ()),
            "module": _words(module_of_type[events.type], modules),
            "feature": _words(events.feature, tenant.features),
            "page": _words(events.page, tenant.pages),
            "venue": _words(events.venue, tenant.organizations),
            "assessment": _integers(events.assessment),
            "assessment_type": _words(events.assessment_type, ASSESSMENT_TYPES),
            "duration_seconds": _floats(events.duration_seconds),
            "completion_percentage": _floats(events.completion_percentage),
            "ai_confidence": _floats(events.ai_confidence),
            "dual_ai_agreement": _floats(events.dual_ai_agreement),
            "spelling": _integers(spelling),
            "personal": _words(np.where(is_personal, 0, NOTHING), (PERSONAL_ATTRIBUTES,)),
            **{trait: _floats(events.traits[:, place]) for place, trait in enumerate(TRAITS)},
        }
    )


class EventWriter:
    """Writes a tenant's events as lines.

    Usage: `EventWriter(tenant, seed).lines(columns(...))`. None of the values needs escaping: they are ids, words of this
    package and numbers.
    """

    def __init__(self, tenant: Tenant, seed: int) -> None:
        self._tenant = tenant
        self._connection = duckdb.connect(config={"threads": 2})
        self._query = f"select concat({self._object(seed)}, chr(10)) as line from events"

    def lines(self, events: pa.Table) -> pa.Array:
        """One line of JSON, line feed included, for each row, in the order of the rows."""
        self._connection.register("events", events)
        lines = self._connection.execute(self._query).to_arrow_table().column("line").combine_chunks()
        self._connection.unregister("events")
        return lines

    def _key(self, key: str) -> str:
        return camel_case(key) if self._tenant.camel_case else key

    def _field(self, key: str, value: str, *, quoted: bool = True) -> str:
        """SQL of `"key":value`, null where the value is."""
        quote = '"' if quoted else ""
        return f"'\"{self._key(key)}\":{quote}' || ({value}) || '{quote}'"

    def _time(self, key: str, column: str) -> str:
        if self._tenant.timestamps == "epoch_ms":
            return self._field(key, f"epoch_ms({column})", quoted=False)
        if self._tenant.timestamps == "iso":
            return self._field(key, f"strftime({column}, '%Y-%m-%dT%H:%M:%S.%gZ')")
        return self._field(key, f"strftime({column} + interval 9 hours, '%Y-%m-%dT%H:%M:%S.%g+09:00')")

    def _object(self, seed: int) -> str:
        name = self._tenant.id
        attributes = [
            self._field(key, column)
            for key, column in {
                "platform": "platform",
                "app_version": "version",
                "country": "country",
                "organization_id": "organization",
                "brand_id": "brand",
                "team_id": "team",
                "role": "role",
                "module": "module",
                "feature": "feature",
                "page": "page",
                "venue_id": "venue",
                "assessment_id": "'as-' || lpad(assessment::varchar, 8, '0')",
                "assessment_type": "assessment_type",
            }.items()
        ]
        metrics = [
            self._field(key, key, quoted=False)
            for key in ("duration_seconds", "completion_percentage", "ai_confidence", "dual_ai_agreement")
        ]
        letters = ", ',', ".join(f"'\"{trait[0].upper()}\":', {trait}" for trait in TRAITS)
        names = ", ',', ".join(f"'\"{trait}\":', {trait}" for trait in TRAITS)
        flat = ", ',', ".join(f"'\"ocean_{trait}\":', {trait}" for trait in TRAITS)
        scores = (
            f"case spelling when 0 then concat({flat}) "
            f"when 1 then concat('\"{self._key('ocean_scores')}\":{{', {names}, '}}') "
            f"when 2 then concat('\"{self._key('ocean_scores')}\":{{', {letters}, '}}') end"
        )
        fields = [
            self._field("event_id", f"'e' || left(md5('{name}:{seed}:' || number), 23)"),
            *([f'\'"{self._key("tenant_id")}":"{name}"\''] if self._tenant.tenant_in_rows else []),
            self._field("event_type", "type"),
            self._field("user_id", "'user-' || lpad(user::varchar, 7, '0')"),
            self._field("anonymous_id", f"'d-' || left(md5('{name}:{seed}:device:' || device), 16)"),
            self._time("timestamp", "occurred"),
            self._time("received_at", "received"),
            *(
                [
                    self._field("session_id", f"'s-' || left(md5('{name}:{seed}:session:' || session), 16)"),
                    self._field("ip", "['203.0.113.', '198.51.100.', '192.0.2.'][device % 3 + 1] || (device // 3 % 254 + 1)"),
                ]
                if self._tenant.client_sessions
                else []
            ),
            f"'\"attributes\":{{' || concat_ws(',', {', '.join([*attributes, 'personal'])}) || '}}'",
            f"'\"metrics\":{{' || nullif(concat_ws(',', {', '.join([*metrics, scores])}), '') || '}}'",
        ]
        return f"'{{', concat_ws(',', {', '.join(fields)}), '}}'"
