with
days as (
    select
        listed.tenant_id,
        listed.date_day,
        tenants.reporting_currency
    from {{ ref('int_tenant_days_listed') }} as listed
    inner join {{ ref('int_tenants_resolved') }} as tenants on listed.tenant_id = tenants.tenant_id
),

used as (
    select
        tenant_id,
        currency
    from {{ ref('fct_subscription_item_periods') }}
    union
    select
        tenant_id,
        currency
    from {{ ref('fct_payments') }}
    union
    select
        tenant_id,
        reporting_currency
    from {{ ref('int_tenants_resolved') }}
    union
    -- What AI requests cost.
    select
        tenant_id,
        'USD' as currency
    from {{ ref('int_tenants_resolved') }}
),

published as (
    select
        used.tenant_id,
        used.currency,
        rates.rate_date,
        cast(rates.rate_to_usd as decimal(18, 10)) as rate_to_usd,
        -- A tenant's own rate stands before the common one of that day.
        row_number() over (
            partition by used.tenant_id, used.currency, rates.rate_date
            order by case when rates.tenant_id = '*' then 1 else 0 end asc
        ) as choice
    from used
    inner join {{ ref('stg_payments__fx_rates') }} as rates
        on used.currency = rates.currency and rates.tenant_id in ('*', used.tenant_id)
),

in_force as (
    select
        tenant_id,
        currency,
        rate_to_usd,
        rate_date as valid_from,
        -- Markets close at weekends: the last rate goes on, but not for ever.
        least(
            lead(rate_date) over (partition by tenant_id, currency order by rate_date asc),
            {{ add_to_date('rate_date', 'day', var('reporting_rate_max_age_days') + 1) }}
        ) as valid_to
    from published
    where choice = 1
),

to_usd as (
    select
        days.tenant_id,
        days.date_day,
        days.reporting_currency,
        used.currency,
        case when used.currency = 'USD' then cast(1 as decimal(18, 10)) else in_force.rate_to_usd end as rate_to_usd
    from days
    inner join used on days.tenant_id = used.tenant_id
    left join in_force
        on
            used.tenant_id = in_force.tenant_id
            and used.currency = in_force.currency
            and days.date_day >= in_force.valid_from
            and days.date_day < in_force.valid_to
),

final as (
    select
        to_usd.tenant_id,
        to_usd.currency,
        to_usd.date_day,
        to_usd.reporting_currency,
        -- Nothing is converted into itself, whatever is known of its rate.
        case when to_usd.currency = to_usd.reporting_currency then cast(1 as decimal(18, 10)) else to_usd.rate_to_usd end as rate_to_usd,
        case
            when to_usd.currency = to_usd.reporting_currency then cast(1 as decimal(18, 10))
            else reporting.rate_to_usd
        end as reporting_rate_to_usd
    from to_usd
    inner join to_usd as reporting
        on
            to_usd.tenant_id = reporting.tenant_id
            and to_usd.date_day = reporting.date_day
            and to_usd.reporting_currency = reporting.currency
)

select * from final
