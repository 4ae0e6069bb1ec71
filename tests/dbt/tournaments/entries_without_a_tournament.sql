{{ config(severity='warn') }}
-- Returns entries in tournaments that no log announced, and so stand in no tournament mart.
-- They wait for the tournament's row; a standing number of them is a lost log.
-- Does not check tournaments that are announced and have not started: their entries are not counted yet either.
select
    entries.tenant_id,
    entries.entry_id,
    entries.tournament_id
from {{ ref('stg_logs__tournament_entries') }} as entries
left join {{ ref('stg_logs__tournaments') }} as tournaments
    on
        entries.tenant_id = tournaments.tenant_id
        and entries.tournament_id = tournaments.tournament_id
where tournaments.tournament_id is null
