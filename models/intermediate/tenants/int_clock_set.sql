select
    coalesce(
        cast(nullif('{{ var("as_of") }}', '') as timestamp),
        -- Data tells until when it is complete; a clock that runs ahead of the load is not believed.
        least(max(loaded_at), max(max_event_at))
    ) as as_of_at
from {{ ref('stg_operations__load_files') }}
-- The realtime lane runs ahead with a few types of event: what it has loaded says nothing of the rest.
where lane = 'batch'
