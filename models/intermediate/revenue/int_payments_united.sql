with
charges as (
    select *
    from {{ ref('int_charges_resolved') }}
),

refunds as (
    {{ latest_states(
        'stg_payments__refunds',
        'refund_id',
        ['refund_id', 'charge_id', 'status', 'currency', 'amount', 'created_at', 'state_at', 'loaded_at'],
    ) }}
),

disputes as (
    {{ latest_states(
        'stg_payments__disputes',
        'dispute_id',
        ['dispute_id', 'charge_id', 'status', 'currency', 'amount', 'created_at', 'state_at', 'loaded_at'],
    ) }}
),

listed_refunds as (
    select
        tenant_id,
        charge_id,
        sum(case when coalesce(status, 'succeeded') in ('succeeded', 'pending') then amount else 0 end) as amount
    from refunds
    group by tenant_id, charge_id
),

-- Stripe sends the charge with its refunded total, but not always the refunds themselves.
unlisted_refunds as (
    select
        charges.tenant_id,
        charges.charge_id,
        charges.currency,
        charges.amount_refunded - coalesce(listed_refunds.amount, 0) as amount,
        coalesce(charges.refunded_at, charges.occurred_at) as occurred_at
    from charges
    left join listed_refunds
        on charges.tenant_id = listed_refunds.tenant_id and charges.charge_id = listed_refunds.charge_id
    where charges.amount_refunded > coalesce(listed_refunds.amount, 0)
),

united as (
    select
        tenant_id,
        charge_id as payment_id,
        charge_id,
        'charge' as kind,
        status,
        failure_code,
        currency,
        amount,
        occurred_at
    from charges
    union all
    select
        tenant_id,
        refund_id as payment_id,
        charge_id,
        'refund' as kind,
        coalesce(status, 'succeeded') as status,
        cast(null as {{ dbt.type_string() }}) as failure_code,
        currency,
        amount,
        coalesce(created_at, state_at, loaded_at) as occurred_at
    from refunds
    union all
    select
        tenant_id,
        charge_id || ':refunded' as payment_id,
        charge_id,
        'refund' as kind,
        'succeeded' as status,
        cast(null as {{ dbt.type_string() }}) as failure_code,
        currency,
        amount,
        occurred_at
    from unlisted_refunds
    union all
    select
        tenant_id,
        dispute_id as payment_id,
        charge_id,
        'dispute' as kind,
        status,
        cast(null as {{ dbt.type_string() }}) as failure_code,
        currency,
        amount,
        coalesce(created_at, state_at, loaded_at) as occurred_at
    from disputes
),

final as (
    select
        united.tenant_id,
        united.payment_id,
        charges.customer_id,
        charges.invoice_id,
        united.kind,
        united.status,
        united.failure_code,
        united.currency,
        united.amount,
        charges.invoice_tax,
        charges.invoice_total,
        united.occurred_at
    from united
    left join charges
        on united.tenant_id = charges.tenant_id and united.charge_id = charges.charge_id
)

select * from final
