with
payments as (
    select *
    from {{ ref('int_payments_united') }}
    where occurred_at <= {{ as_of() }}
),

currencies as (
    select
        currency,
        minor_unit_exponent
    from {{ ref('currencies') }}
),

final as (
    select
        payments.tenant_id,
        payments.payment_id,
        payments.customer_id,
        payments.invoice_id,
        payments.kind,
        payments.status,
        payments.failure_code,
        payments.currency,
        {{ major_units('payments.amount', 'currencies.minor_unit_exponent') }} as amount,
        -- A payment or a refund of a part of the invoice carries that part of its tax.
        cast(coalesce(
            {{ divide(
                'cast(payments.invoice_tax as ' ~ type_huge_integer() ~ ') * payments.amount',
                'payments.invoice_total * ' ~ minor_units_per_major('currencies.minor_unit_exponent'),
            ) }},
            0
        ) as decimal(38, 6)) as tax_amount,
        payments.occurred_at
    from payments
    left join currencies on payments.currency = currencies.currency
)

select * from final
