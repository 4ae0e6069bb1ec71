"""The logs of a retailer's daily work: writing with an assistant and templates, the catalogue, the clients, and the brands' material."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from ingestion.demo_data.logs.world import Area, Log, Truths, World, chosen, in_order, moments, numbered, table_of, tally, users, where
from ingestion.demo_data.window import DAY, DAYS, END_MS, HOUR, MINUTE, SECOND, START_MS, Integers

_TEMPLATES = 40
_PRODUCTS = 300
_GRADES = ("bronze", "silver", "gold", "platinum")
_PLATFORMS = ("shopcase", "tillwise", "feed")
# Hours between two synchronisations with each platform, and the days on which the second was out of order.
_SYNC_HOURS = (24, 48, 168)
_OUTAGE_DAYS = (140, 145)
_CHANNELS = ("email", "social", "sms")


def retail(world: World) -> Area:
    """All of it."""
    makers = (_assistance, _templates, _products, _syncs, _contacts, _automations, _assets, _campaigns)
    parts = [maker(world) for maker in makers]
    return Area([log for log, _ in parts], {log.table: truth for log, truth in parts})


def _of_staff(world: World, user: Integers) -> dict[str, Any]:
    """The columns that tell whose work it was."""
    team = world.people.team[user]
    return {
        "user_id": users(user),
        "brand_id": chosen(tuple(world.tenant.teams.values()), team),
        "team_id": chosen(tuple(world.tenant.teams), team),
    }


def _skewed(random: np.random.Generator, choices: int, count: int) -> Integers:
    """Choices of which the first are far more popular than the last."""
    weights = 1 / np.arange(1, choices + 1)
    return random.choice(choices, size=count, p=weights / weights.sum())


def _assistance(world: World) -> tuple[Log, Truths]:
    """Texts that the assistant wrote: generated, some with a template or macro, edited up to three times, saved and sent, or none of it."""
    random = world.random("ai_assist_log")
    generated = world.moments(random, world.scaled(0.06, 50))
    count = len(generated)
    user = world.known_users(random, generated)
    edits = np.where(random.random(count) < 0.55, random.integers(1, 4, size=count), 0)
    is_applied = random.random(count) < 0.35
    is_saved = random.random(count) < np.where(edits > 0, 0.62, 0.3)
    is_sent = random.random(count) < np.where(is_saved, 0.7, 0.2)
    # The steps in their order; each takes some minutes more.
    steps = (
        ("generate", np.ones(count, np.int64)),
        ("apply", is_applied * 1),
        ("edit", edits),
        ("save", is_saved * 1),
        ("send", is_sent * 1),
    )
    number = np.concatenate([np.repeat(np.arange(count), times) for _, times in steps])
    step = np.repeat(np.arange(len(steps)), [int(times.sum()) for _, times in steps])
    order = np.lexsort((step, number))
    number, step = number[order], step[order]
    first = np.searchsorted(number, np.arange(count))
    elapsed = np.cumsum(random.integers(5 * SECOND, 4 * MINUTE, size=len(number)))
    at = generated[number] + elapsed - elapsed[first][number]
    tokens = random.lognormal(np.log(320), 0.6, size=count).astype(np.int64) + 10
    has_template = random.random(len(number)) < 0.7
    rows = table_of(
        {
            "action_id": in_order("assist", len(number)),
            "generation_id": numbered("gen", 1 + number),
            "action": chosen([name for name, _ in steps], step),
            "timestamp": moments(at),
            "model": chosen(("atelier-writer-1", "atelier-writer-2"), (generated[number] > START_MS + 220 * DAY).astype(np.int64)),
            "template_id": where((step == 1) & has_template, numbered("tpl", 1 + _skewed(random, _TEMPLATES, len(number)), 3)),
            "macro_id": where((step == 1) & ~has_template, numbered("macro", random.integers(1, 9, size=len(number)), 2)),
            "tokens": where(step == 0, tokens[number]),
            **_of_staff(world, user[number]),
        },
        at,
        number,
    )
    refused = (("not_accepted", "action", "dream"), ("out_of_range", "tokens", -1))
    log = Log("ai_assist_log", rows, ("action_id",), endings=("jsonl.gz", "parquet"), spoilt=refused)
    return log, {
        "generations": count,
        "applied": int(is_applied.sum()),
        "edited": int((edits > 0).sum()),
        "saved": int(is_saved.sum()),
        "saved_after_edit": int((is_saved & (edits > 0)).sum()),
        "sent": int(is_sent.sum()),
        "saved_and_sent": int((is_saved & is_sent).sum()),
        "tokens": int(tokens.sum()),
    }


def _templates(world: World) -> tuple[Log, Truths]:
    """Uses of forty templates, a few of them very popular; a third are personal."""
    random = world.random("template_log")
    at = world.moments(random, world.scaled(0.08, 60))
    template = _skewed(random, _TEMPLATES, len(at))
    actions = ("use", "apply", "edit", "copy")
    action = random.choice(len(actions), size=len(at), p=(0.5, 0.3, 0.12, 0.08))
    scope = (template % 3 != 0).astype(np.int64)
    rows = table_of(
        {
            "action_id": in_order("tact", len(at)),
            "template_id": numbered("tpl", 1 + template, 3),
            "action": chosen(actions, action),
            "timestamp": moments(at),
            "scope": chosen(("personal", "team"), scope),
            "language": chosen(("en", "fr", "it"), np.minimum(template % 7 // 2, 2)),
            "format": chosen(("text", "html"), template % 2),
            "channel": chosen(_CHANNELS, template % len(_CHANNELS)),
            **_of_staff(world, world.known_users(random, at)),
        }
    )
    log = Log("template_log", rows, ("action_id",), endings=("csv",), months=6, spoilt=(("not_accepted", "scope", "galactic"),))
    return log, {"by_action": tally(actions, action), "by_scope": tally(("personal", "team"), scope)}


def _products(world: World) -> tuple[Log, Truths]:
    """Products enter the catalogue in the first weeks and at the change of season, are changed by people and platforms, and some leave."""
    random = world.random("product_log")
    actions = ("add", "update", "delete", "sync", "image_upload")
    added_days = np.sort(
        np.where(np.arange(_PRODUCTS) % 3 > 0, random.integers(0, 20, size=_PRODUCTS), random.integers(205, 230, size=_PRODUCTS))
    )
    added = START_MS + added_days * DAY + random.integers(8 * HOUR, 17 * HOUR, size=_PRODUCTS)
    changed = world.moments(random, world.scaled(0.06, 40))
    known = np.searchsorted(np.sort(added), changed)
    has_product = known > 0
    changed, known = changed[has_product], known[has_product]
    # The last fifteen products never change but once: they are deleted at the end.
    change = random.choice((1, 3, 4), size=len(changed), p=(0.35, 0.45, 0.2))
    of_change = np.argsort(added, kind="stable")[(random.random(len(changed)) * known).astype(np.int64)]
    deleted = np.arange(15) * 19
    product = np.concatenate([np.arange(_PRODUCTS), of_change, deleted])
    action = np.concatenate([np.zeros(_PRODUCTS, np.int64), change, np.full(len(deleted), 2)])
    at = np.concatenate([added, changed, END_MS - random.integers(HOUR, DAY, size=len(deleted))])
    uploaded = random.lognormal(np.log(240_000), 0.7, size=len(at)).astype(np.int64)
    rows = table_of(
        {
            "product_id": numbered("sku", 1 + product, 5),
            "action": chosen(actions, action),
            "timestamp": moments(at),
            "source_platform": chosen(_PLATFORMS, product % len(_PLATFORMS)),
            "bytes": where(action == actions.index("image_upload"), uploaded),
        },
        at,
        product,
    )
    rows = rows.add_column(0, "action_id", pa.array(in_order("pact", rows.num_rows)))
    log = Log("product_log", rows, ("action_id",), endings=("jsonl", "parquet"), months=6, spoilt=(("out_of_range", "bytes", -1),))
    is_upload = action == actions.index("image_upload")
    return log, {"by_action": tally(actions, action), "uploaded_bytes": int(uploaded[is_upload].sum())}


def _syncs(world: World) -> tuple[Log, Truths]:
    """Each platform at its own interval. One was out of order for days; the others fail now and then."""
    random = world.random("sync_log")
    schedule = [np.arange(START_MS + place * HOUR, END_MS - HOUR, hours * HOUR) for place, hours in enumerate(_SYNC_HOURS)]
    platform = np.repeat(np.arange(len(_PLATFORMS)), [len(times) for times in schedule])
    started = np.concatenate(schedule) + random.integers(0, 5 * MINUTE, size=len(platform))
    day = (started - START_MS) // DAY
    is_out = (platform == 1) & (day >= _OUTAGE_DAYS[0]) & (day < _OUTAGE_DAYS[1])
    fails = is_out | (random.random(len(platform)) < 0.03)
    took = random.integers(20 * SECOND, 12 * MINUTE, size=len(platform))
    rows = table_of(
        {
            "sync_id": numbered("sync", 1 + np.arange(len(platform)), 5),
            "source_platform": chosen(_PLATFORMS, platform),
            "status": chosen(("success", "failure"), fails.astype(np.int64)),
            "started_at": moments(started),
            "finished_at": moments(started + took, ~is_out),
            "records": where(~fails, random.poisson(140, size=len(platform))),
            "error_code": chosen(("timeout", "unauthorised", None), np.where(is_out, 1, np.where(fails, 0, 2))),
        },
        started,
    )
    log = Log(
        "sync_log", rows, ("sync_id",), written="started_at", endings=("csv",), months=6, spoilt=(("not_accepted", "status", "halfway"),)
    )
    return log, {
        "succeeded": tally(_PLATFORMS, platform[~fails]),
        "failed": tally(_PLATFORMS, platform[fails]),
    }


def _contacts(world: World) -> tuple[Log, Truths]:
    """Contacts are added, changed, put into segments and graded, one grade after the other; some come as files of many."""
    random = world.random("contact_log")
    added = world.moments(random, world.scaled(0.04, 60))
    count = len(added)
    parts: list[tuple[int, Integers, Integers, Integers]] = [(0, np.arange(count), added, np.zeros(count, np.int64))]
    # Everybody begins as bronze; `grade` is what a contact has come to.
    grade, who, at = np.zeros(count, dtype=np.int64), np.arange(count), added
    for _ in range(3):
        at = at + random.exponential(45 * DAY, size=len(who)).astype(np.int64) + DAY
        moves = (random.random(len(who)) < 0.4) & (at < END_MS)
        who, at = who[moves], at[moves]
        new = np.where((random.random(len(who)) < 0.75) & (grade[who] < 3) | (grade[who] == 0), grade[who] + 1, grade[who] - 1)
        parts.append((4, who, at, grade[who] * len(_GRADES) + new))
        grade[who] = new
    for code, share in ((1, 0.5), (2, 0.35)):
        subject = np.flatnonzero(random.random(count) < share)
        moment = added[subject] + random.exponential(30 * DAY, size=len(subject)).astype(np.int64) + MINUTE
        parts.append((code, subject[moment < END_MS], moment[moment < END_MS], np.zeros(int((moment < END_MS).sum()), np.int64)))
    imports = START_MS + np.arange(9, DAYS - 5, 30) * DAY + 10 * HOUR
    parts.append((3, np.arange(len(imports)) * 3 % count, imports, np.zeros(len(imports), np.int64)))

    actions = ("add", "update", "segment", "import", "grade_change")
    action = np.repeat([code for code, *_ in parts], [len(who) for _, who, *_ in parts])
    contact, at, grades = (np.concatenate([part[place] for part in parts]) for place in (1, 2, 3))
    order = np.lexsort((action, contact, at))
    action, contact, at, grades = action[order], contact[order], at[order], grades[order]
    is_grade, is_import = action == actions.index("grade_change"), action == actions.index("import")
    records = random.integers(20, 400, size=len(order))
    rows = table_of(
        {
            "action_id": in_order("cact", len(order)),
            "contact_id": numbered("contact", 1 + contact),
            "action": chosen(actions, action),
            "timestamp": moments(at),
            "source": where(action == 0, chosen(("till", "web", "event"), contact % 3)),
            "old_grade": where(is_grade, chosen(_GRADES, grades // len(_GRADES))),
            "new_grade": where(is_grade, chosen(_GRADES, grades % len(_GRADES))),
            "segment": where(action == actions.index("segment"), chosen(("vip", "sale", "local"), contact % 3)),
            "records": where(is_import, records),
            **_of_staff(world, world.known_users(random, at)),
        }
    )
    log = Log("contact_log", rows, ("action_id",), endings=("jsonl.gz", "csv.gz"), spoilt=(("not_accepted", "action", "forget"),))
    changed = np.unique(contact[is_grade])
    return log, {
        "by_action": tally(actions, action),
        "grades": tally(_GRADES, grade[changed]),
        "imported": int(records[is_import].sum()),
    }


def _automations(world: World) -> tuple[Log, Truths]:
    """Runs of automations; each run that leads somewhere gets a second version that says when."""
    random = world.random("automation_log")
    ran = world.moments(random, world.scaled(0.05, 50))
    count = len(ran)
    triggers = ("birthday", "wishlist", "back_in_stock", "abandoned_cart")
    trigger = random.choice(len(triggers), size=count, p=(0.3, 0.25, 0.15, 0.3))
    is_sent = random.random(count) >= 0.05
    converted = ran + random.exponential(20 * HOUR, size=count).astype(np.int64) + MINUTE
    is_converted = is_sent & (random.random(count) < np.array([0.08, 0.16, 0.3, 0.12])[trigger]) & (converted < END_MS)
    number = np.concatenate([np.arange(count), np.flatnonzero(is_converted)])
    is_second = np.arange(len(number)) >= count
    written = np.where(is_second, converted[number], ran[number])
    contact = random.integers(1, count + 1, size=count)
    rows = table_of(
        {
            "run_id": numbered("run", 1 + number),
            "automation": chosen([f"{trigger}_mail" for trigger in triggers], trigger[number]),
            "trigger": chosen(triggers, trigger[number]),
            "status": chosen(("skipped", "sent", "converted"), np.where(is_second, 2, is_sent[number] * 1)),
            "timestamp": moments(ran[number]),
            "contact_id": numbered("contact", contact[number]),
            "message_id": where(is_sent[number], numbered("auto", 1 + number)),
            "converted_at": moments(converted[number], is_second),
            "updated_at": moments(written),
        },
        written,
        number,
    )
    log = Log("automation_log", rows, ("run_id",), written="updated_at", endings=("jsonl.gz",))
    return log, {"runs": tally(triggers, trigger), "sent": int(is_sent.sum()), "converted": tally(triggers, trigger[is_converted])}


def _brand_columns(world: World, random: np.random.Generator, thing: Integers) -> dict[str, Any]:
    """A brand's material belongs to the brand; the shop that uses it is one of the tenant's organisations, some far busier than others."""
    brands = world.tenant.brands
    return {
        "brand_id": chosen(brands, thing % len(brands)),
        "retailer_id": chosen(world.tenant.organizations, _skewed(random, len(world.tenant.organizations), len(thing))),
    }


def _assets(world: World) -> tuple[Log, Truths]:
    """Views and downloads of the brands' pictures and films."""
    random = world.random("asset_log")
    at = world.moments(random, world.scaled(0.07, 60))
    asset = _skewed(random, 60, len(at))
    is_download = random.random(len(at)) < 0.28
    rows = table_of(
        {
            "action_id": in_order("view", len(at)),
            "asset_id": numbered("asset", 1 + asset, 3),
            "action": chosen(("view", "download"), is_download.astype(np.int64)),
            "timestamp": moments(at),
            **_brand_columns(world, random, asset),
        }
    )
    log = Log("asset_log", rows, ("action_id",), endings=("parquet",), spoilt=(("not_accepted", "action", "admire"),))
    top = np.bincount(asset[is_download])
    return log, {"views": int((~is_download).sum()), "downloads": int(is_download.sum()), "most_downloads_of_an_asset": int(top.max())}


def _campaigns(world: World) -> tuple[Log, Truths]:
    """The brands' campaigns as the shops use, copy and send them."""
    random = world.random("campaign_log")
    at = world.moments(random, world.scaled(0.04, 40))
    campaign = _skewed(random, 18, len(at))
    actions = ("use", "copy", "send")
    action = random.choice(len(actions), size=len(at), p=(0.5, 0.15, 0.35))
    rows = table_of(
        {
            "action_id": in_order("camp", len(at)),
            "campaign_id": numbered("season", 1 + campaign, 3),
            "action": chosen(actions, action),
            "timestamp": moments(at),
            "template_id": where(random.random(len(at)) < 0.8, numbered("tpl", 1 + campaign * 2, 3)),
            **_brand_columns(world, random, campaign),
        }
    )
    log = Log("campaign_log", rows, ("action_id",), endings=("csv.gz",), months=6, spoilt=(("not_accepted", "action", "burn"),))
    return log, {"by_action": tally(actions, action)}
