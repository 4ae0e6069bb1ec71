-- Returns customers with more than one new movement in a currency, and those whose first movement is something else.
-- The bug would be a return taken for a first time, or a history that begins in the middle.
-- Does not check whether a customer of another id is the same person.
{{ config(group='revenue') }}
with
ordered as (
    select
        tenant_id,
        customer_id,
        currency,
        movement_date,
        movement_type,
        row_number() over (partition by tenant_id, customer_id, currency order by movement_date asc) as movement_number
    from {{ ref('fct_mrr_movements') }}
)

select *
from ordered
where (movement_type = 'new') <> (movement_number = 1)
