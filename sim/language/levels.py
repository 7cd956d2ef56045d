"""How high things stand that build on one another, and where they go round in a circle.

In: names, and for each those it builds on. Out: their levels, those first that others build on; circles, and their words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

__all__ = ["levels_of", "round_about"]

LONGEST_CIRCLE = 8
"""So many names of a circle are told."""


def levels_of(names: Iterable[str], below: Callable[[str], Iterable[str]]) -> tuple[dict[str, int], list[list[str]]]:
    """The level of each thing, 1 where it builds on nothing and 0 where it is part of a circle; and the circles.

    No two circles share a name: of those that do, one is found, and when it is mended the next.
    """
    levels: dict[str, int] = {}
    circles: list[list[str]] = []
    turning: set[str] = set()
    for start in names:
        way: dict[str, Iterator[str]] = {start: iter(below(start))} if start not in levels else {}
        while way:
            name = next(reversed(way))
            under = next(way[name], None)
            if under is None:
                del way[name]
                levels[name] = 0 if name in turning else 1 + max((levels.get(one, 0) for one in below(name)), default=0)
            elif under in way:
                members = [*way]
                del members[: members.index(under)]
                if not turning.intersection(members):
                    circles.append(members)
                    turning.update(members)
            elif under not in levels:
                way[under] = iter(below(under))
    return levels, circles


def round_about(circle: list[str]) -> str:
    """A circle in words, back to where it begins: `a → b → a`; of a long one both ends."""
    told = circle if len(circle) <= LONGEST_CIRCLE else [*circle[: LONGEST_CIRCLE // 2], "…", *circle[-LONGEST_CIRCLE // 2 :]]
    return " → ".join((*told, circle[0]))
