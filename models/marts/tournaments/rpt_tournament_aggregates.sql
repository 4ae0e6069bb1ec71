with
tournaments as (
    select
        tenant_id,
        tournament_id,
        currency,
        started_date,
        is_completed,
        is_cancelled
    from {{ ref('int_tournaments_started') }}
),

entries as (
    select
        tenant_id,
        entry_id,
        player_id,
        currency,
        started_date,
        is_player,
        paid_amount
    from {{ ref('int_tournament_entries_placed') }}
),

periods as (
    select
        tenant_id,
        date_day,
        period_type,
        period_start,
        period_end,
        is_complete
    from {{ ref('int_tenant_periods_mapped') }}
),

tournament_totals as (
    select
        tournaments.tenant_id,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        periods.is_complete,
        tournaments.currency,
        count(case when not tournaments.is_cancelled then 1 end) as tournament_count,
        count(case when tournaments.is_completed then 1 end) as completed_count,
        count(case when tournaments.is_cancelled then 1 end) as cancelled_count
    from tournaments
    inner join periods
        on
            tournaments.tenant_id = periods.tenant_id
            and tournaments.started_date = periods.date_day
    group by
        tournaments.tenant_id,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        periods.is_complete,
        tournaments.currency
),

entry_totals as (
    select
        entries.tenant_id,
        periods.period_type,
        periods.period_start,
        entries.currency,
        count(case when entries.is_player then 1 end) as total_players,
        count(distinct case when entries.is_player then entries.player_id end) as unique_players,
        count(case when not entries.is_player then 1 end) as withdrawn_entries,
        sum(entries.paid_amount) as entry_revenue_amount
    from entries
    inner join periods
        on
            entries.tenant_id = periods.tenant_id
            and entries.started_date = periods.date_day
    group by
        entries.tenant_id,
        periods.period_type,
        periods.period_start,
        entries.currency
),

final as (
    select
        tournament_totals.tenant_id,
        tournament_totals.period_type,
        tournament_totals.period_start,
        tournament_totals.period_end,
        tournament_totals.is_complete,
        tournament_totals.currency,
        tournament_totals.tournament_count,
        tournament_totals.completed_count,
        tournament_totals.cancelled_count,
        coalesce(entry_totals.total_players, 0) as total_players,
        coalesce(entry_totals.unique_players, 0) as unique_players,
        coalesce(entry_totals.withdrawn_entries, 0) as withdrawn_entries,
        {{ safe_ratio('tournament_totals.completed_count', 'tournament_totals.tournament_count') }} as completion_rate,
        cast(coalesce(entry_totals.entry_revenue_amount, 0) as decimal(38, 6)) as entry_revenue_amount
    from tournament_totals
    left join entry_totals
        on
            tournament_totals.tenant_id = entry_totals.tenant_id
            and tournament_totals.period_type = entry_totals.period_type
            and tournament_totals.period_start = entry_totals.period_start
            and tournament_totals.currency = entry_totals.currency
)

select * from final
