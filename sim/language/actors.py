"""Who acts and what is dealt in, and how actors stand to one another.

In: nothing. Out: the frozen records; groups, at any height.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Actor", "Thing", "above", "member_of", "root", "speaks_for"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who acts; `capacity` None is unlimited."""

    id: str
    name: str
    kind: str | None
    part_of: str | None
    member_of: tuple[str, ...]
    capacity: int | None
    about: str


@dataclass(frozen=True, slots=True)
class Thing:
    """What is dealt in."""

    id: str
    name: str
    kind: str | None
    about: str


def above(actor: str, actors: Mapping[str, Actor]) -> tuple[str, ...]:
    """An actor and everything it is an organ or member of, at any height."""
    found: dict[str, None] = {}
    todo = [actor]
    while todo:
        name = todo.pop(0)
        if name not in found:
            found[name] = None
            todo += [*([over] if (over := actors[name].part_of) else []), *actors[name].member_of]
    return tuple(found)


def speaks_for(actor: str, actors: Mapping[str, Actor]) -> tuple[str, ...]:
    """An actor and everything it is an organ of, at any height."""
    found = [actor]
    while over := actors[found[-1]].part_of:
        found.append(over)
    return tuple(found)


def member_of(actor: str, actors: Mapping[str, Actor]) -> tuple[str, ...]:
    """Everything an actor is a member of, at any height."""
    found: dict[str, None] = {}
    todo = [*actors[actor].member_of]
    while todo:
        name = todo.pop(0)
        if name not in found:
            found[name] = None
            todo += actors[name].member_of
    return tuple(found)


def root(actor: str, actors: Mapping[str, Actor]) -> str:
    """The actor it speaks for: the top of its `part_of`."""
    while over := actors[actor].part_of:
        actor = over
    return actor
