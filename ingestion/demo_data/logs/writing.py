"""The logs ai_assist_log and template_log: how a retailer's staff write."""

from __future__ import annotations

import numpy as np

from ingestion.demo_data.logs.world import (
    Area,
    Log,
    Truths,
    World,
    area_of,
    chosen,
    in_order,
    moments,
    numbered,
    skewed,
    table_of,
    tally,
    where,
)
from ingestion.demo_data.window import DAY, MINUTE, SECOND, START_MS

# Template ids are those of campaign_log, too.
_TEMPLATES = 40
_CHANNELS = ("email", "social", "sms")


def writing(world: World) -> Area:
    """What the assistant wrote, and the templates."""
    return area_of(_assistance(world), _templates(world))


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
            "template_id": where((step == 1) & has_template, numbered("tpl", 1 + skewed(random, _TEMPLATES, len(number)), 3)),
            "macro_id": where((step == 1) & ~has_template, numbered("macro", random.integers(1, 9, size=len(number)), 2)),
            "tokens": where(step == 0, tokens[number]),
            **world.work_of(user[number]),
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
    template = skewed(random, _TEMPLATES, len(at))
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
            **world.work_of(world.known_users(random, at)),
        }
    )
    log = Log("template_log", rows, ("action_id",), endings=("csv",), months=6, spoilt=(("not_accepted", "scope", "galactic"),))
    return log, {"by_action": tally(actions, action), "by_scope": tally(("personal", "team"), scope)}
