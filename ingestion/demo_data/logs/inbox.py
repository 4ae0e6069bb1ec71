"""The log raw_message: conversations between a tenant's customers and its staff, and what machines send."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ingestion.demo_data.logs.world import Area, Log, World, chosen, documents, in_order, moments, numbered, users, where
from ingestion.demo_data.people import wall_clock
from ingestion.demo_data.window import DAY, END_MS, HOUR, MINUTE, SECOND, START_MS, Flags, Integers, local_clock

# Answers later than this are late.
SLA = HOUR

_OPENS, _CLOSES = 9 * HOUR, 18 * HOUR
# Days from each weekday, Monday first, to the next on which the office is open.
_DAYS_TO_OPENING = np.array([1, 1, 1, 1, 3, 2, 1])
_MOST_TURNS = 4
_AGENTS = 4
_AUTOMATIC = "We have received your message and will answer soon."
_QUESTION, _AUTOMATIC_ANSWER, _ANSWER, _SECOND_ANSWER, _NEWS = range(5)


@dataclass(frozen=True)
class Desk:
    """How a tenant talks with its customers.

    questions  conversations begun, in proportion to product events
    channels   share of each channel; `crossing` of the answers go by another one
    teams      the team that a conversation belongs to, and that team's brand
    keeps_hours  whether people answer in office hours only
    minutes    typical time to an answer while somebody is there, and how far times spread
    """

    questions: float
    channels: dict[str, float]
    crossing: float
    teams: dict[str, str | None]
    keeps_hours: bool
    minutes: float
    spread: float
    answered: float
    goes_on: float
    bodies: tuple[str, ...]
    replies: tuple[str, ...]
    products: tuple[tuple[str, ...], ...]


def _office_time(local: Integers) -> Integers:
    """The moment itself while the office is open (Monday to Friday, nine to six), else its next opening; local milliseconds."""
    day, clock = (local - START_MS) // DAY, local % DAY
    # The window starts on a Tuesday.
    weekday = (day + 1) % 7
    is_workday = weekday < 5
    next_day = np.where(is_workday & (clock < _OPENS), day, day + _DAYS_TO_OPENING[weekday])
    is_open = is_workday & (clock >= _OPENS) & (clock < _CLOSES)
    return np.where(is_open, local, START_MS + next_day * DAY + _OPENS)


@dataclass(frozen=True)
class _Messages:
    """Messages, one per position: what kind each is, the question that it is about, and whether it goes by another channel."""

    kind: Integers
    question: Integers
    sent: Integers
    crosses: Flags

    def take(self, which: Integers) -> _Messages:
        return _Messages(self.kind[which], self.question[which], self.sent[which], self.crosses[which])


def _messages(kind: int, question: Integers, sent: Integers, crosses: Flags | None = None) -> _Messages:
    stays = np.zeros(len(sent), dtype=bool)
    return _Messages(np.full(len(sent), kind), question, sent, stays if crosses is None else crosses)


def inbox(world: World, desk: Desk) -> Area:
    """Conversations of up to four questions. Most are answered by a person, some first by a machine, some never, some twice."""
    random = world.random("raw_message")
    messages, thread, books = _converse(world, desk, random)
    messages = messages.take(np.lexsort((messages.question, messages.kind, messages.sent)))
    log = Log(
        "raw_message",
        pa.table(_columns(world, desk, random, messages, thread)),
        ("message_id",),
        endings=("csv.gz", "parquet") if world.tenant.teams else ("csv.gz",),
        months=1,
        spoilt=(("not_accepted", "direction", "sideways"),),
        is_named=not world.tenant.teams,
    )
    return Area([log], {"messages": dict(sorted(books.items()))})


def _converse(world: World, desk: Desk, random: np.random.Generator) -> tuple[_Messages, Integers, Counter[str]]:
    """The messages, the conversation of each question, and the books."""
    clock = local_clock(world.tenant.time_zone)
    threads = world.scaled(desk.questions, 60)
    latest = END_MS - 2 * HOUR
    # In local time, so that the office can keep its hours.
    asked = np.sort(wall_clock(world.tenant, world.days(random, threads), random))
    thread = np.arange(threads)
    parts: list[_Messages] = []
    threads_of_questions: list[Integers] = []
    books: Counter[str] = Counter()

    def attended(local: Integers) -> Integers:
        """When somebody is there: in the first minutes after the office opens, where it was closed."""
        opening = _office_time(local) if desk.keeps_hours else local
        return opening + np.where(opening > local, random.integers(0, 20 * MINUTE, size=len(local)), 0)

    for _ in range(_MOST_TURNS):
        in_time = clock.to_utc(asked) < latest
        thread, asked = thread[in_time], asked[in_time]
        count, asked_at = len(asked), clock.to_utc(asked)
        question = books["inbound"] + np.arange(count)
        threads_of_questions.append(thread)
        parts.append(_messages(_QUESTION, question, asked_at))

        start = attended(asked)
        by_machine = random.random(count) < np.where(start > asked, 0.8, 0.25)
        at_once = asked_at + random.integers(4 * SECOND, 20 * SECOND, size=count)
        parts.append(_messages(_AUTOMATIC_ANSWER, question[by_machine], at_once[by_machine]))

        delay = (random.lognormal(np.log(desk.minutes), desk.spread, size=count) * MINUTE).astype(np.int64) + 30 * SECOND
        answer = np.minimum(attended(start + delay), END_MS + DAY)
        answered_at = clock.to_utc(answer)
        is_answered = (random.random(count) < desk.answered) & (answered_at < latest)
        crosses = is_answered & (random.random(count) < desk.crossing)
        is_repeated = is_answered & (random.random(count) < 0.08)
        later = clock.to_utc(attended(answer + random.integers(MINUTE, 3 * HOUR, size=count)))
        is_repeated &= later < END_MS
        parts.append(_messages(_ANSWER, question[is_answered], answered_at[is_answered], crosses[is_answered]))
        parts.append(_messages(_SECOND_ANSWER, question[is_repeated], later[is_repeated]))
        books.update(
            inbound=count,
            automated=int(by_machine.sum()),
            answered=int(is_answered.sum()),
            answered_within_an_hour=int((is_answered & (answered_at - asked_at <= SLA)).sum()),
            answered_on_another_channel=int(crosses.sum()),
            answered_twice=int(is_repeated.sum()),
        )
        goes_on = is_answered & (random.random(count) < desk.goes_on)
        pause = random.exponential(3 * HOUR, size=count).astype(np.int64) + MINUTE
        thread, asked = thread[goes_on], np.minimum(answer + pause, END_MS + DAY)[goes_on]

    openings = parts[0].sent
    news = random.integers(0, len(openings), size=len(openings) // 2)
    parts.append(_messages(_NEWS, news, np.minimum(openings[news] + random.integers(0, HOUR, size=len(news)), END_MS)))
    books["conversations"] = len(openings)
    books["automated"] += len(news)
    books["outbound"] = sum(len(part.sent) for part in parts) - books["inbound"]
    joined = _Messages(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("kind", "question", "sent", "crosses")))
    return joined, np.concatenate(threads_of_questions), books


def _columns(
    world: World, desk: Desk, random: np.random.Generator, messages: _Messages, thread_of_question: Integers
) -> dict[str, pa.Array]:
    count, threads = len(messages.kind), int(thread_of_question.max()) + 1
    kind, sent = messages.kind, messages.sent
    thread = thread_of_question[messages.question]
    is_question, is_news = kind == _QUESTION, kind == _NEWS
    is_human = (kind == _ANSWER) | (kind == _SECOND_ANSWER)
    is_reply = is_human | (kind == _AUTOMATIC_ANSWER)

    ids = in_order("msg", count)
    id_of_question = np.empty(len(thread_of_question), dtype=ids.dtype)
    id_of_question[messages.question[is_question]] = ids[is_question]
    shares = np.array(list(desk.channels.values()))
    channel = random.choice(len(shares), size=threads, p=shares / shares.sum())[thread]
    team = random.integers(0, len(desk.teams), size=threads)[thread]
    # A conversation is that of one customer: of a dancer, who has an account, or of a shop's client, who has none.
    asked = np.zeros(threads, dtype=np.int64)
    asked[thread[is_question][::-1]] = sent[is_question][::-1]
    if world.tenant.teams:
        customer = numbered("contact", random.integers(1, world.clients + 1, size=threads))
        agent = users(world.staff(_AGENTS)[team, random.integers(0, _AGENTS, size=count)])
    else:
        customer = users(world.known_users(random, asked))
        agent = numbered("agent", team * _AGENTS + random.integers(0, _AGENTS, size=count), 2)
    texts = ("News of the week", _AUTOMATIC, *desk.bodies, *desk.replies)
    question_text = 2 + random.integers(0, len(desk.bodies), size=count)
    reply_text = len(texts) - 1 - random.integers(0, len(desk.replies), size=count)
    product = random.integers(0, len(desk.products), size=count)
    shows_product = is_news & (random.random(count) < 0.6)
    is_delivered = random.random(count) >= 0.02
    return {
        "message_id": ids,
        "type": chosen(list(desk.channels), (channel + messages.crosses) % len(desk.channels)),
        "direction": chosen(("inbound", "outbound"), (~is_question).astype(np.int64)),
        "timestamp": moments(sent),
        "in_reply_to": where(is_reply, id_of_question[messages.question]),
        "thread_id": where(~is_news, numbered("thread", thread)),
        "agent_id": where(is_human, agent),
        "customer_id": customer[thread],
        "is_automated": where(~is_question, ~is_human),
        "delivered_at": moments(sent + random.integers(200, 4 * SECOND, size=count), is_delivered),
        "product_ids": documents(
            list(desk.products[code]) if shows else None for code, shows in zip(product.tolist(), shows_product.tolist(), strict=True)
        ),
        "brand_id": chosen(list(desk.teams.values()), team),
        "team_id": chosen(list(desk.teams), team),
        "body": chosen(texts, np.select([is_news, is_question, is_human], [0, question_text, reply_text], 1)),
    }


DANCE_DESK = Desk(
    questions=0.036,
    channels={"email": 0.5, "social": 0.3, "sms": 0.2},
    crossing=0.0,
    teams={"front-desk": None, "events": None},
    keeps_hours=False,
    minutes=42,
    spread=1.1,
    answered=0.8,
    goes_on=0.0,
    bodies=(
        "Is the beginner class on Friday still open?",
        "Please move my ticket, my name is Robin Madeup, thanks",
        'Which hall is it, "A" or "B"?',
        "Write to robin.madeup@example.com or call 202-555-0142",
        "どこで踊れますか",
    ),
    replies=("Yes, see you there.", "Done, you find the new ticket in the app.", "Hall B, from six o'clock."),
    products=(("ticket-1",), ("ticket-1", "shoes-7")),
)


def shop_desk(teams: dict[str, str]) -> Desk:
    """A retailer's desk: office hours, answers that come by another channel than the question."""
    return Desk(
        questions=0.07,
        channels={"email": 0.45, "social": 0.35, "sms": 0.2},
        crossing=0.12,
        teams=dict(teams),
        keeps_hours=True,
        minutes=24,
        spread=1.0,
        answered=0.88,
        goes_on=0.4,
        bodies=(
            "Do you have the linen coat in size 12?",
            "This is Robin Madeup: where is my order?",
            "Please ring me on 202-555-0142 or mail robin.madeup@example.com",
            'The label says "dry clean", is that so?',
            "J'adore la veste, l'avez-vous en bleu ?",
        ),
        replies=("We put one aside for you.", "It left us this morning.", "Yes, dry clean only, I am afraid."),
        products=(("sku-00012",), ("sku-00040", "sku-00007"), ("sku-00101",)),
    )
