"""Stripe's shapes: an `event` around an object, and the lists inside it that have tables of their own."""

from __future__ import annotations

from ingestion.contracts import PAYMENTS, Table

OTHER = next(table for table in PAYMENTS if table.object == "*")

# The table of each kind of object. A plan is what prices were called before.
OBJECT_TABLES: dict[str, Table] = {table.object: table for table in PAYMENTS if table.object and table is not OTHER and not table.explode}
OBJECT_TABLES["plan"] = OBJECT_TABLES["price"]

# The lists inside each kind of object.
PART_TABLES: dict[str, tuple[Table, ...]] = {
    table.name: tuple(part for part in PAYMENTS if part.explode and part.object == table.object) for table in OBJECT_TABLES.values()
}

_FIELDS = ("object", "id", "type", "created", "account", "livemode", "tenant_id", "tenantId")


def objects_query(lines: str, accounts: str) -> str:
    """One row per line: its object as `doc`, the state that an event around it tells, the tenant, the table, and `problem`.

    lines       file_no, line_no, tenant (from the path), text: JSON objects
    accounts    account, tenant: the payment accounts of seeds/tenants.csv
    """
    names = ", ".join(f"'$.{name}'" for name in _FIELDS)
    field = {name: f"fields[{position}]" for position, name in enumerate(_FIELDS, start=1)}
    cases = " ".join(f"when '{kind}' then '{table.name}'" for kind, table in OBJECT_TABLES.items())
    return f"""
        with read as (
            select
                file_no, line_no, tenant, text,
                json_extract_string(text, [{names}]) as fields, json_extract(text, '$.data.object') as inside
            from {lines}
        ),
        unwrapped as (
            select
                *, {field["object"]} is not distinct from 'event' as is_event,
                case when {field["object"]} = 'event' then cast(inside as varchar) else text end as doc
            from read
        ),
        named as (
            select *, json_extract_string(doc, ['$.object', '$.tenant_id', '$.tenantId', '$.livemode']) as inner_fields from unwrapped
        )
        select
            file_no, line_no, doc, cast(null as varchar) as parent, cast(null as bigint) as position,
            coalesce({field["tenant_id"]}, {field["tenantId"]}, inner_fields[2], inner_fields[3], named.tenant, a.tenant) as tenant,
            case when is_event then {field["created"]} end as state_at,
            case when is_event then {field["id"]} end as event_id,
            case when is_event then {field["type"]} end as event_type,
            coalesce(inner_fields[4], {field["livemode"]}) as livemode,
            case inner_fields[1] {cases} else case when inner_fields[1] is not null then '{OTHER.name}' end end as table_name,
            case
                when is_event and json_type(inside) is distinct from 'OBJECT' then 'missing_required:data.object'
                when inner_fields[1] is null then 'missing_required:object'
                when is_event and coalesce({field["created"]}, '') = '' then 'missing_required:created'
            end as problem
        from named
        left join {accounts} as a on a.account = {field["account"]}
    """


def parts_query(part: Table, objects: str) -> str:
    """One row per element of the list that `part` explodes, with its place and the object around it.

    A discount may stand alone under the older key `discount`, and a list may hold ids instead of objects."""
    elements = f"cast(json_extract(doc, '$.{part.explode}[*]') as varchar[])"
    if part.explode == "discounts":
        single = "case when json_type(doc, '$.discount') = 'OBJECT' then [cast(json_extract(doc, '$.discount') as varchar)] else [] end"
        elements = f"case when len({elements}) > 0 then {elements} else {single} end"
    named = f"""list_transform({elements}, item -> case when left(item, 1) = '"' then '{{"id":' || item || '}}' else item end)"""
    return f"""
        with lists as (
            select * exclude (doc, parent, position), doc as parent, list_filter({named}, item -> left(item, 1) = '{{') as elements
            from {objects}
        )
        select * exclude (elements), unnest(elements) as doc, unnest(range(1, len(elements) + 1)) as position
        from lists
    """
