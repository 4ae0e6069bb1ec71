with
current_charges as (
    {{ latest_states(
        'stg_payments__charges',
        'charge_id',
        ['charge_id', 'customer_id', 'invoice_id', 'status', 'failure_code', 'currency', 'amount', 'amount_refunded', 'created_at', 'state_at', 'loaded_at'],
    ) }}
),

invoices as (
    {{ latest_states('stg_payments__invoices', 'invoice_id', ['invoice_id', 'customer_id', 'total', 'tax']) }}
),

states as (
    select
        tenant_id,
        charge_id,
        amount_refunded,
        state_at
    from {{ ref('stg_payments__charges') }}
),

-- When the charge first said that this much was refunded.
refund_moments as (
    select
        current_charges.tenant_id,
        current_charges.charge_id,
        min(states.state_at) as refunded_at
    from current_charges
    inner join states
        on
            current_charges.tenant_id = states.tenant_id
            and current_charges.charge_id = states.charge_id
            and current_charges.amount_refunded = states.amount_refunded
    where current_charges.amount_refunded > 0
    group by current_charges.tenant_id, current_charges.charge_id
),

final as (
    select
        current_charges.tenant_id,
        current_charges.charge_id,
        coalesce(current_charges.customer_id, invoices.customer_id) as customer_id,
        current_charges.invoice_id,
        current_charges.status,
        current_charges.failure_code,
        current_charges.currency,
        current_charges.amount,
        coalesce(current_charges.amount_refunded, 0) as amount_refunded,
        coalesce(current_charges.created_at, current_charges.state_at, current_charges.loaded_at) as occurred_at,
        refund_moments.refunded_at,
        coalesce(invoices.tax, 0) as invoice_tax,
        invoices.total as invoice_total
    from current_charges
    left join invoices
        on current_charges.tenant_id = invoices.tenant_id and current_charges.invoice_id = invoices.invoice_id
    left join refund_moments
        on current_charges.tenant_id = refund_moments.tenant_id and current_charges.charge_id = refund_moments.charge_id
)

select * from final
