-- Who has come to the last step but one, has no attempt running, and could be written to? The latest first.
select
    progress.tenant_id,
    progress.funnel_name,
    progress.person_id,
    progress.furthest_step_name,
    progress.furthest_step_at,
    progress.next_step_name,
    progress.attempt_count,
    users.last_seen_at
from {{ ref('rpt_funnel_user_progress') }} as progress
inner join {{ ref('dim_users') }} as users
    on
        progress.tenant_id = users.tenant_id
        and progress.person_id = users.person_id
where
    progress.furthest_step_order = progress.step_count - 1
    and progress.last_outcome = 'dropped'
    and users.is_identified
order by progress.tenant_id, progress.funnel_name, progress.furthest_step_at desc, progress.person_id
