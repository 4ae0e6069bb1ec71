with
entries as (
    select
        tenant_id,
        entry_id,
        tournament_id,
        player_id,
        paid_amount,
        coalesce(status, 'entered') in ('withdrawn', 'cancelled', 'canceled', 'refunded') as is_withdrawn
    from {{ ref('stg_logs__tournament_entries') }}
),

tournaments as (
    select
        tenant_id,
        tournament_id,
        currency,
        started_date,
        is_cancelled
    from {{ ref('int_tournaments_started') }}
),

final as (
    select
        entries.tenant_id,
        entries.entry_id,
        entries.tournament_id,
        entries.player_id,
        tournaments.currency,
        tournaments.started_date,
        entries.is_withdrawn,
        -- Nobody plays in a tournament that does not take place.
        not entries.is_withdrawn and not tournaments.is_cancelled as is_player,
        cast(coalesce(entries.paid_amount, 0) as decimal(38, 6)) as paid_amount
    from entries
    inner join tournaments
        on
            entries.tenant_id = tournaments.tenant_id
            and entries.tournament_id = tournaments.tournament_id
)

select * from final
