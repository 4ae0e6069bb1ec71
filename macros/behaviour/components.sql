{#
    Connected components of the graph whose edges stand in `edges` (tenant_id, node, neighbour), each edge in both directions:
    tenant_id, node and component, for every node.

    Contraction, unrolled. In each round a node goes to the least of itself and its neighbours, and on to where that one goes;
    the nodes gone to are the graph of the next round. Names are hashed anew each time, so that no order of the keys is a
    bad one: of a chain of any length about a third is left after a round, and of no graph more than about half.
    The components of the nodes that are left are the components of all, read back from the last round to the first.
#}
{% macro connected_components(edges) -%}
    {%- set rounds = 24 -%}
    (
        with
        edges_0 as (
            select
                {{ plumbline.surrogate_key(['tenant_id', 'node']) }} as node,
                {{ plumbline.surrogate_key(['tenant_id', 'neighbour']) }} as neighbour
            from {{ edges }}
        ),

        {% for round in range(rounds) -%}
        least_{{ round }} as (
            select
                node,
                least(node, min(neighbour)) as target
            from edges_{{ round }}
            group by node
        ),

        gone_{{ round }} as (
            select
                first_hop.node,
                md5(second_hop.target) as target
            from least_{{ round }} as first_hop
            inner join least_{{ round }} as second_hop on first_hop.target = second_hop.node
        ),

        -- One end after the other: both in one join, and DuckDB may begin with every pair of nodes.
        moved_{{ round }} as (
            select distinct
                gone.target as node,
                edges.neighbour
            from edges_{{ round }} as edges
            inner join gone_{{ round }} as gone on edges.node = gone.node
        ),

        edges_{{ round + 1 }} as (
            select distinct
                moved.node,
                gone.target as neighbour
            from moved_{{ round }} as moved
            inner join gone_{{ round }} as gone on moved.neighbour = gone.node
            where moved.node <> gone.target
        ),

        {% endfor -%}
        components_{{ rounds }} as (
            select
                node,
                node as component
            from edges_{{ rounds }}
        ),

        {% for round in range(rounds - 1, -1, -1) -%}
        components_{{ round }} as (
            select
                gone.node,
                coalesce(further.component, gone.target) as component
            from gone_{{ round }} as gone
            left join components_{{ round + 1 }} as further on gone.target = further.node
        ),

        {% endfor -%}
        nodes as (
            select distinct
                tenant_id,
                node
            from {{ edges }}
        )

        select
            nodes.tenant_id,
            nodes.node,
            components_0.component
        from nodes
        inner join components_0 on {{ plumbline.surrogate_key(['nodes.tenant_id', 'nodes.node']) }} = components_0.node
    )
{%- endmacro %}
