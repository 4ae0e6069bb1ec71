-- Who has come to the last step but one, has no attempt running, and could be written to? The latest first.
select
    persons.tenant_id,
    persons.funnel_name,
    persons.person_id,
    persons.furthest_step_name,
    persons.furthest_step_at,
    persons.next_step_name,
    persons.attempt_count,
    users.last_seen_at
from {{ ref('rpt_funnel_user_progress') }} as persons
inner join {{ ref('dim_users') }} as users
    on
        persons.tenant_id = users.tenant_id
        and persons.person_id = users.person_id
where
    persons.furthest_step_order = persons.step_count - 1
    and persons.last_outcome = 'dropped'
    and users.is_identified
order by persons.tenant_id asc, persons.funnel_name asc, persons.furthest_step_at desc, persons.person_id asc
