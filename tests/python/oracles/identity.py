"""A second implementation of identity: a union-find over keys, one event after another, nothing shared with the models.

Events are dictionaries (tenant_id, event_type, user_id, anonymous_id, ip_hash, occurred_at), profiles too (tenant_id, person_type,
person_key, linked_keys as a list). A key is a pair: its kind (user, anonymous, ip) and its id.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

Row = Mapping[str, Any]
Key = tuple[str, str]
NEVER = datetime(9999, 1, 1)


class Groups:
    """Keys that are one person."""

    def __init__(self) -> None:
        self.parents: dict[Key, Key] = {}

    def root(self, key: Key) -> Key:
        self.parents.setdefault(key, key)
        while self.parents[key] != key:
            self.parents[key] = self.parents[self.parents[key]]
            key = self.parents[key]
        return key

    def unite(self, one: Key, other: Key) -> None:
        self.parents[self.root(one)] = self.root(other)

    def members(self) -> Iterable[list[Key]]:
        groups: dict[Key, list[Key]] = defaultdict(list)
        for key in list(self.parents):
            groups[self.root(key)].append(key)
        return groups.values()


def is_alias(event: Row) -> bool:
    return bool(event["event_type"] == "user.aliased")


def persons(events: Sequence[Row], profiles: Sequence[Row]) -> dict[Key, str]:
    """The person_id of each key of one tenant that belongs to a person with another key."""
    visitors = {event["anonymous_id"] for event in events if event["anonymous_id"] and not is_alias(event)}
    first_seen: dict[str, datetime] = {}
    for event in events:
        if event["user_id"]:
            first_seen[event["user_id"]] = min(first_seen.get(event["user_id"], NEVER), event["occurred_at"])
    users = {*first_seen, *(profile["person_key"] for profile in profiles if profile["person_type"] == "user")}

    def known(other: str, otherwise: str) -> Key:
        if other in visitors:
            return "anonymous", other
        return ("user" if other in users else otherwise), other

    links = [
        (("user", event["user_id"]), known(event["anonymous_id"], "anonymous"))
        for event in events
        if is_alias(event) and event["user_id"] and event["anonymous_id"]
    ]
    links += [
        ((profile["person_type"], profile["person_key"]), known(other, "ip"))
        for profile in profiles
        for other in profile["linked_keys"] or []
    ]
    groups = Groups()
    for one, other in links:
        if one != other and "ip" not in (one[0], other[0]):
            groups.unite(one, other)
    found: dict[Key, str] = {}
    for members in groups.members():
        _, person = min((first_seen.get(name, NEVER), name) for kind, name in members if kind == "user")
        found |= dict.fromkeys(members, person)
    for event in sorted(events, key=lambda event: (event["occurred_at"], event["user_id"] or "")):
        visitor = ("anonymous", event["anonymous_id"])
        if event["user_id"] and event["anonymous_id"] and not is_alias(event) and visitor not in found:
            found[visitor] = found.get(("user", event["user_id"])) or event["user_id"]
    behind: dict[Key, set[str]] = defaultdict(set)
    for one, other in links:
        for address, key in ((one, other), (other, one)):
            owner = found.get(key) or (key[1] if key[0] == "user" else None)
            if address[0] == "ip" and owner:
                behind[address].add(owner)
    found |= {address: next(iter(those)) for address, those in behind.items() if len(those) == 1}
    return {key: person for key, person in found.items() if key != ("user", person)}


def person_of(event: Row, linked: Mapping[Key, str]) -> str | None:
    """The person of an event that no server sent."""
    if event["user_id"]:
        return linked.get(("user", event["user_id"]), str(event["user_id"]))
    for kind, name in (("anonymous", event["anonymous_id"]), ("ip", event["ip_hash"])):
        if name:
            return linked.get((kind, name), f"{kind}:{name}")
    return None
