with
prices as (
    {{ latest_states(
        'stg_payments__prices',
        'price_id',
        ['price_id', 'product_id', 'currency', 'unit_amount', 'interval', 'interval_count', 'usage_type', 'billing_scheme', 'is_active'],
    ) }}
),

sold as (
    {{ latest_states(
        'stg_payments__subscription_items',
        'price_id',
        ['price_id', 'product_id', 'currency', 'unit_amount', 'interval', 'interval_count', 'usage_type', 'billing_scheme'],
    ) }}
),

products as (
    {{ latest_states('stg_payments__products', 'product_id', ['product_id', 'product_name']) }}
),

currencies as (
    select
        currency,
        minor_unit_exponent
    from {{ ref('currencies') }}
),

known as (
    select *
    from prices
    union all
    -- Sold, but never received as an object of its own.
    select
        sold.*,
        cast(null as boolean) as is_active
    from sold
    left join prices on sold.tenant_id = prices.tenant_id and sold.price_id = prices.price_id
    where sold.price_id is not null and prices.price_id is null
),

final as (
    select
        known.tenant_id,
        known.price_id,
        known.product_id,
        products.product_name,
        known.currency,
        known.interval,
        cast(known.interval_count as integer) as interval_count,
        {{ major_units('known.unit_amount', 'currencies.minor_unit_exponent') }} as unit_amount,
        coalesce(known.usage_type, 'licensed') as usage_type,
        coalesce(known.billing_scheme, 'per_unit') as billing_scheme,
        known.is_active
    from known
    left join products on known.tenant_id = products.tenant_id and known.product_id = products.product_id
    left join currencies on known.currency = currencies.currency
)

select * from final
