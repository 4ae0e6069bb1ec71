"""The events of other senders, as native events.

A dialect says how its events are recognised and what their fields are called natively; `recognised_query` and `native_query`
make SQL of it, which rewrites them as native JSON objects. Validation, privacy and quarantine then know one shape only. A native
line costs one search for the keys that tell a dialect.

Vocabulary
    {path}      in an expression: the value at that path, dotted, in snake_case or camelCase
    fields      native path -> SQL expression. The values read so are taken out of the object; what is left of it becomes `extra`
    properties  objects of the sender's own properties: numbers become metrics and the rest attributes, but a name that the contract
                declares goes where the contract looks for it
    kept        paths that a field is read from and that stay in `extra` nevertheless
    personal    paths that are dropped unread, beside the keys that are dropped wherever they stand (`ingestion/privacy.py`)
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from ingestion.contracts import EVENTS
from ingestion.extraction import Reader, camel_case, literal

NATIVE = "native"
_PATH = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True)
class Dialect:
    """A vendor's format. `hint` is a key that its objects have and native ones mostly have not; `shape` decides. `told` is what
    the sender calls a field whose expression begins with another path."""

    name: str
    hint: str
    shape: str
    fields: dict[str, str]
    properties: tuple[str, ...]
    told: dict[str, str] = field(default_factory=dict)
    is_camel_case: bool = False
    names: dict[str, str] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    personal: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths that the fields are read from."""
        return tuple(dict.fromkeys(path for expression in self.fields.values() for path in _PATH.findall(expression)))

    @property
    def taken(self) -> tuple[str, ...]:
        """The paths that are taken out of the object."""
        return tuple(path for path in (*self.paths, *self.personal) if path not in self.kept)

    def sender_path(self, native: str) -> str:
        """What the sender calls a native field."""
        path = self.told.get(native) or next(iter(_PATH.findall(self.fields[native])))
        return camel_case(path) if self.is_camel_case else path


_ISO_COUNTRY = "case when regexp_full_match({0}, '[A-Za-z][A-Za-z]') then upper({0}) end"

# Messages that the service sent to somebody are nobody's activity.
_PINPOINT_MESSAGE = "'^_(email|SMS|campaign|journey|custom)[.]'"
_PINPOINT_USER = (
    "case when is_json({client_context.custom.endpoint}) then json_extract_string({client_context.custom.endpoint}, '$.User.UserId') end"
)

PINPOINT = Dialect(
    name="pinpoint",
    hint="event_timestamp",
    shape="{event_timestamp} is not null and coalesce({client}, {application}) is not null",
    fields={
        "event_type": f"regexp_replace({{event_type}}, {_PINPOINT_MESSAGE}, 'system.\\1.')",
        "timestamp": "{event_timestamp}",
        "received_at": "{arrival_timestamp}",
        # A message names no Cognito identity: its device tells the person.
        "user_id": f"""coalesce(
            {{client.cognito_id}},
            case when not regexp_matches({{event_type}}, {_PINPOINT_MESSAGE}) then {_PINPOINT_USER} end
        )""",
        "anonymous_id": "{client.client_id}",
        "session_id": "{session.session_id}",
        "attributes.user_id": _PINPOINT_USER,
        "attributes.platform": "lower({device.platform.name})",
        "attributes.app_version": "{application.version_name}",
        "attributes.country": "{device.locale.country}",
    },
    properties=("attributes", "metrics"),
    names={"_userauth.sign_in": "user.login", "_userauth.sign_up": "user.registered"},
)

SEGMENT = Dialect(
    name="segment",
    hint="message_id",
    shape="{message_id} is not null and {type} in ('track', 'identify', 'page', 'screen', 'group', 'alias')",
    fields={
        "event_id": "{message_id}",
        "event_type": """case {type}
            when 'identify' then 'user.identified' when 'alias' then 'user.aliased' when 'group' then 'user.grouped'
            when 'page' then 'page.viewed' when 'screen' then 'screen.viewed' else {event}
        end""",
        "timestamp": "coalesce({timestamp}, {original_timestamp})",
        "received_at": "{received_at}",
        "user_id": "{user_id}",
        "anonymous_id": "case {type} when 'alias' then coalesce({previous_id}, {anonymous_id}) else {anonymous_id} end",
        "ip": "{context.ip}",
        # An alias tells of the previous id; the device it was sent from is another.
        "attributes.anonymous_id": "case when {previous_id} <> {anonymous_id} then {anonymous_id} end",
        "attributes.organization_id": "coalesce({group_id}, {context.group_id})",
        "attributes.platform": "coalesce(lower({context.device.type}), case {context.library.name} when 'analytics.js' then 'web' end)",
        "attributes.app_version": "{context.app.version}",
        "attributes.country": _ISO_COUNTRY.format("{context.location.country}"),
        "attributes.page": "case {type} when 'page' then {name} end",
        "attributes.screen": "case {type} when 'screen' then {name} end",
        "attributes.category": "{category}",
    },
    properties=("properties",),
    told={"event_type": "event"},
    is_camel_case=True,
    names={"signed.up": "user.registered", "signed.in": "user.login"},
    kept=("context.location.country",),
    personal=("context.device.id", "context.device.token", "context.location.city"),
)

_MIXPANEL_DEVICE = "coalesce({properties.$anon_id}, {properties.$anon_distinct_id}, {properties.$device_id})"

MIXPANEL = Dialect(
    name="mixpanel",
    hint="distinct_id",
    shape="{event} is not null and {properties.distinct_id} is not null",
    fields={
        "event_id": "{properties.$insert_id}",
        "event_type": "{event}",
        "timestamp": "{properties.time}",
        "received_at": "coalesce({properties.$mp_api_timestamp_ms}, {properties.mp_processing_time_ms})",
        # Without `$user_id`, the distinct id is that of the device as long as nobody signed in.
        "user_id": """coalesce(
            case {event} when '$create_alias' then {properties.alias} end,
            {properties.$identified_id},
            {properties.$user_id},
            case
                when {event} <> '$create_alias' and not starts_with({properties.distinct_id}, '$device:')
                    and {properties.distinct_id} is distinct from {properties.$device_id}
                then {properties.distinct_id}
            end
        )""",
        "anonymous_id": f"""regexp_replace(
            coalesce(
                case {{event}} when '$create_alias' then {{properties.distinct_id}} end,
                {_MIXPANEL_DEVICE},
                case when starts_with({{properties.distinct_id}}, '$device:') then {{properties.distinct_id}} end
            ),
            '^[$]device:',
            ''
        )""",
        "ip": "coalesce({properties.ip}, {properties.$ip})",
        "attributes.platform": "lower({properties.mp_lib})",
        "attributes.app_version": "coalesce({properties.$app_version_string}, {properties.$app_version})",
        "attributes.country": "{properties.mp_country_code}",
    },
    properties=("properties",),
    told={"user_id": "properties.distinct_id"},
    names={"$identify": "user.identified", "$create_alias": "user.aliased", "$mp_web_page_view": "page.viewed"},
    personal=("properties.$city", "properties.token"),
)

AMPLITUDE = Dialect(
    name="amplitude",
    hint="event_time",
    shape="{event_type} is not null and {event_time} is not null and coalesce({$insert_id}, {insert_id}, {uuid}) is not null",
    fields={
        "event_id": "coalesce({$insert_id}, {insert_id}, {uuid})",
        "event_type": "{event_type}",
        "timestamp": "{event_time}",
        "received_at": "coalesce({server_received_time}, {server_upload_time})",
        "user_id": "{user_id}",
        "anonymous_id": "{device_id}",
        # -1 stands for an event outside of any session.
        "session_id": "nullif({session_id}, '-1')",
        "ip": "{ip_address}",
        "attributes.platform": "lower({platform})",
        "attributes.app_version": "{version_name}",
        "attributes.country": _ISO_COUNTRY.format("{country}"),
    },
    properties=("event_properties",),
    names={"$identify": "user.identified", "amplitude.page.viewed": "page.viewed", "amplitude.screen.viewed": "screen.viewed"},
    kept=("country",),
    personal=(
        "city",
        "dma",
        "amplitude_id",
        "amplitude_attribution_ids",
        "user_properties.[Amplitude] City",
        "user_properties.[Amplitude] DMA",
    ),
)

DIALECTS = (PINPOINT, SEGMENT, MIXPANEL, AMPLITUDE)


def identifier_keys() -> set[str]:
    """The last keys of the paths that identifiers are read from."""
    read = (path for dialect in DIALECTS for name in ("user_id", "anonymous_id") for path in _PATH.findall(dialect.fields[name]))
    return {key for key in (path.rpartition(".")[2] for path in read) if key.endswith("_id")}


_HINTED_KEYS = "|".join(key for dialect in DIALECTS for key in dict.fromkeys((dialect.hint, camel_case(dialect.hint))))
HINT = literal(f'"(?:{_HINTED_KEYS})"')
"""A regular expression, as SQL: lines in which it finds nothing are of no other dialect than the native one."""


def recognised_query(lines: str) -> str:
    """The lines of a dialect other than the native one, as file_no, line_no, tenant, text, dialect.

    lines       file_no, line_no, tenant, text: JSON objects
    """
    reader = Reader("text", "r", [path for dialect in DIALECTS for path in _PATH.findall(dialect.shape)] + ["event_type", "timestamp"])
    native = _filled("{event_type} is not null and {timestamp} is not null", reader)
    shapes = " ".join(f"when {_filled(dialect.shape, reader)} then {literal(dialect.name)}" for dialect in DIALECTS)
    return f"""
        select file_no, line_no, tenant, text, dialect
        from (
            select file_no, line_no, tenant, text, case when {native} then null {shapes} end as dialect
            from (select file_no, line_no, tenant, text, {", ".join(reader.steps)} from {lines})
        )
        where dialect is not null
    """


def native_query(recognised: str) -> str:
    """The recognised lines as native ones: file_no, line_no, tenant, dialect, and `doc`, the native object."""
    return " union all ".join(_translated(dialect, recognised) for dialect in DIALECTS)


def spellings(event_types: frozenset[str]) -> set[str]:
    """The types, and the vendors' own names for them."""
    return {*event_types, *(name for dialect in DIALECTS for name, native in dialect.names.items() if native in event_types)}


def sender_fields() -> list[tuple[str, str, str]]:
    """(dialect, native field, the sender's field), for the messages about rejected lines."""
    return [(dialect.name, native, dialect.sender_path(native)) for dialect in DIALECTS for native in dialect.fields]


def _filled(expression: str, reader: Reader) -> str:
    """The expression with the values of its paths; an empty text is none."""
    return _PATH.sub(lambda match: "nullif(coalesce(" + ", ".join((*reader.values(match[1]), "null")) + "), '')", expression)


def _without(document: str, paths: tuple[str, ...]) -> str:
    """The object without what stands at the paths."""
    removed: dict[tuple[str, ...], dict[str, None]] = {}
    for *parent, key in (keys for path in paths for keys in Reader.spelled(path)):
        removed.setdefault(tuple(parent), {})[key] = None
    reduced = document
    for parents, keys in removed.items():
        patch: dict[str, Any] = keys
        for name in reversed(parents):
            patch = {name: patch}
        change = literal(json.dumps(patch))
        if parents:
            # A patch makes the objects that it does not find.
            pointer = literal("$" + "".join(f'."{name}"' for name in parents))
            change = f"case when json_type({document}, {pointer}) = 'OBJECT' then {change} else '{{}}' end"
        reduced = f"json_merge_patch({reduced}, {change})"
    return reduced


_BLANK_TIME = r"""'"([0-9]{4}-[0-9]{2}-[0-9]{2}) ([0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.][0-9]+)?)"'"""
_NUMBER = "-?[0-9][0-9.eE+-]*"
_METRIC = rf'{_NUMBER}|\{{("[^"\\]*":{_NUMBER},?)+\}}'


def _declared(parent: str) -> str:
    """The names that the contract looks for below attributes or metrics, as an SQL list."""
    paths = {path.split(".")[1] for column in EVENTS.columns for path in column.paths if path.startswith(f"{parent}.")}
    return ", ".join(literal(name) for name in sorted({spelling for path in paths for spelling in (path, camel_case(path))}))


# The entries of an object of properties that are metrics, or those that are not; what is no object stays as it is.
MACROS = (
    f"""
    create macro is_metric(name, value) as
        name in ({_declared("metrics")})
        or name not in ({_declared("attributes")}) and regexp_full_match(cast(value as varchar), {literal(_METRIC)})
    """,
    """
    create macro chosen(properties, wanted) as '{' || array_to_string(list_transform(
        list_filter(list_zip(json_keys(properties), json_extract(properties, '$.*')), entry -> is_metric(entry[1], entry[2]) = wanted),
        entry -> to_json(entry[1]) || ':' || entry[2]
    ), ',') || '}'
    """,
    """
    create macro event_name(value) as regexp_replace(trim(regexp_replace(lower(value), '[\\[\\]]', '', 'g')), '\\s+', '.', 'g')
    """,
)


def _translated(dialect: Dialect, source: str) -> str:
    reader = Reader("text", "v", dialect.paths)
    # A time with a blank inside would be taken for prose.
    rest = f"regexp_replace({_without('text', dialect.taken)}, {_BLANK_TIME}, '\"\\1T\\2\"', 'g')"
    objects = [
        "coalesce(" + ", ".join(f"json_extract(rest, '$.{key}')" for key in dict.fromkeys((path, camel_case(path)))) + ", null)"
        for path in dialect.properties
    ]
    values = {native: _filled(expression, reader) for native, expression in dialect.fields.items()}
    names = " ".join(f"when {literal(name)} then {literal(native)}" for name, native in dialect.names.items())
    name = f"event_name({values['event_type']})"
    values["event_type"] = f"case {name} {names} else {name} end" if names else name
    attributes = {native.partition(".")[2]: value for native, value in values.items() if native.startswith("attributes.")}
    own = {native: value for native, value in values.items() if not native.startswith("attributes.")}
    given = [f"case when json_type({value}) = 'OBJECT' then chosen({value}, false) else {value} end" for value in objects]
    numbers = [f"case when json_type({value}) = 'OBJECT' then chosen({value}, true) end" for value in objects]
    return f"""
        select
            file_no, line_no, tenant, dialect,
            cast(json_merge_patch(
                {_without("rest", dialect.properties)},
                json_merge_patch(envelope, json_object('attributes', {_merged("declared", *given)}, 'metrics', {_merged(*numbers)}))
            ) as varchar) as doc
        from (
            select
                file_no, line_no, tenant, dialect, {rest} as rest,
                json_object({_pairs(own)}) as envelope,
                json_object({_pairs(attributes)}) as declared
            from (select *, {", ".join(reader.steps)} from {source} where dialect = {literal(dialect.name)})
        )
    """


def _pairs(values: dict[str, str]) -> str:
    return ", ".join(f"{literal(name)}, {value}" for name, value in values.items())


def _merged(*objects: str) -> str:
    """JSON objects in one: of two values of a name, the later."""
    merged = "json('{}')"
    for value in objects:
        merged = f"json_merge_patch({merged}, coalesce({value}, json('{{}}')))"
    return merged
