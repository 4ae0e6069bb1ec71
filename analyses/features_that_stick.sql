-- Features by the share of their users of a complete month who used them again in it, and by how many took them up.
select
    tenant_id,
    period_start as month,
    feature,
    users,
    adoption_rate,
    {{ safe_ratio('repeat_users', 'users') }} as repeat_rate,
    first_time_users,
    adopted_users
from {{ ref('rpt_feature_adoption') }}
where
    period_type = 'month'
    and is_complete
    and users >= 10
order by tenant_id asc, period_start desc, repeat_rate desc, feature asc
