-- People with the most keys: how many devices, other users and addresses each is known by, and who told of them.
select
    tenant_id,
    person_id,
    count(case when identity_key like 'anonymous:%' then 1 end) as devices,
    count(case when identity_key like 'user:%' then 1 end) as other_users,
    count(case when identity_key like 'ip:%' then 1 end) as addresses,
    count(case when source <> 'event' then 1 end) as told_outright,
    min(linked_at) as first_linked_at
from {{ ref('bridge_person_identities') }}
group by tenant_id, person_id
order by count(*) desc, tenant_id asc, person_id asc
limit 100
