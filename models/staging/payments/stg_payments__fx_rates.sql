with
first_received as (
    {{ deduplicated('payments', 'fx_rates', ['currency', 'rate_date']) }}
)

select
    tenant_id,
    rate_date,
    upper(currency) as currency,
    rate_to_usd,
    extra,
    payload_hash,
    file_id,
    line_no,
    loaded_at,
    _dlt_load_id as load_id
from first_received
