"""The yardstick: a hand-written, idiomatic SimPy model of a small policy world. `small_world.yaml` is the same world as a scenario.

    python bench/baseline_simpy.py [--seed S] [--reps N] [--days 365] [--rate 20] [--profile] [--jsonl FILE] [--digest]

In: seed, days, applications a day. Out: the log, a list of tuples (day, type, actor, a, b).

World: 12 actors, one year. Accusations arrive at random between actors; the 2nd accusation against the same actor
within 60 days makes the regulator issue a ban on it after Uniform(0.5, 3) days. Export applications arrive at
20/day, each from a random actor, and pass 3 approval offices (capacity 2, Exp service mean 0.05 day), plus a 4th
once the applicant is banned, then a decision. Actors make statements (support/oppose) on 4 topics; one that
contradicts the actor's last on that topic triggers a demand for clarity after Exp(0.5 day), answered after Exp(2 days).
Every event is one tuple appended to a list. One named random stream per purpose.

It is what somebody would write who knows SimPy and needs this one world, and is not to be made faster: all ratios are against it.
"""

from __future__ import annotations

import argparse
import cProfile
import hashlib
import json
import pstats
import random
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import simpy

N_ACTORS, OFFICES, CAP, SERVICE_MEAN = 12, 3, 2, 0.05
ACC_RATE, STMT_RATE, TOPICS = 0.25, 2.0, 4
ACTORS = [f"actor{i:02d}" for i in range(N_ACTORS)]
TOPIC = [f"topic{i}" for i in range(TOPICS)]

Event = tuple[Any, ...]
Process = Generator[simpy.Event, Any, None]


def run(seed: int = 1, days: float = 365.0, rate: float = 20.0) -> list[Event]:
    """One run of the world."""

    def stream(name: str) -> random.Random:
        return random.Random(f"{seed}/{name}")

    r_acc, r_ban, r_app, r_dec, r_st, r_cl = map(stream, ("accuse", "ban", "apply", "decide", "state", "clarity"))
    r_off = [stream(f"office{i}") for i in range(OFFICES + 1)]
    env = simpy.Environment()
    log: list[Event] = []
    offices = [simpy.Resource(env, capacity=CAP) for _ in range(OFFICES + 1)]
    accused: dict[str, list[float]] = {a: [] for a in ACTORS}
    banned: set[str] = set()
    pending: set[str] = set()
    stance: dict[tuple[str, str], bool] = {}

    def record(kind: str, actor: str, a: Any = None, b: Any = None) -> None:
        log.append((env.now, kind, actor, a, b))

    def issue_ban(target: str) -> Process:
        yield env.timeout(r_ban.uniform(0.5, 3.0))
        pending.discard(target)
        banned.add(target)
        record("ban_issued", "regulator", target)

    def accusations() -> Process:
        while True:
            yield env.timeout(r_acc.expovariate(ACC_RATE))
            who, target = r_acc.sample(ACTORS, 2)
            record("accusation", who, target)
            past = accused[target]
            past.append(env.now)
            recent = [t for t in past if env.now - t <= 60.0]
            accused[target] = recent
            if len(recent) >= 2 and target not in banned and target not in pending:
                pending.add(target)
                record("ban_decided", "regulator", target, len(recent))
                env.process(issue_ban(target))

    def application(i: int, actor: str) -> Process:
        record("application", actor, i)
        route = OFFICES + 1 if actor in banned else OFFICES
        for k in range(route):
            with offices[k].request() as req:
                yield req
                record("review_started", actor, i, k)
                yield env.timeout(r_off[k].expovariate(1.0 / SERVICE_MEAN))
            record("approval", actor, i, k)
        record("granted" if r_dec.random() < 0.95 else "refused", actor, i)

    def exports() -> Process:
        i = 0
        while True:
            yield env.timeout(r_app.expovariate(rate))
            env.process(application(i, r_app.choice(ACTORS)))
            i += 1

    def clarity(actor: str, topic: str) -> Process:
        yield env.timeout(r_cl.expovariate(2.0))
        record("clarity_demanded", "assembly", actor, topic)
        yield env.timeout(r_cl.expovariate(0.5))
        record("clarity_given", actor, topic, stance[actor, topic])

    def statements() -> Process:
        while True:
            yield env.timeout(r_st.expovariate(STMT_RATE))
            actor, topic = r_st.choice(ACTORS), r_st.choice(TOPIC)
            said = r_st.random() < 0.8
            record("statement", actor, topic, said)
            if stance.get((actor, topic), said) != said:
                env.process(clarity(actor, topic))
            stance[actor, topic] = said

    env.process(accusations())
    env.process(exports())
    env.process(statements())
    env.run(until=days)
    return log


def write(log: list[Event], path: Path) -> None:
    """The log as JSON lines."""
    with path.open("w") as file:
        for event in log:
            file.write(json.dumps(event) + "\n")


def digest(log: list[Event]) -> str:
    """A short digest of a log."""
    return hashlib.sha256("\n".join(map(repr, log)).encode()).hexdigest()[:16]


def main() -> None:
    """The command line."""
    options = argparse.ArgumentParser()
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--reps", type=int, default=1)
    options.add_argument("--days", type=float, default=365.0)
    options.add_argument("--rate", type=float, default=20.0)
    options.add_argument("--profile", action="store_true")
    options.add_argument("--jsonl", type=Path)
    options.add_argument("--digest", action="store_true")
    a = options.parse_args()
    if a.profile:
        profile = cProfile.Profile()
        profile.runcall(run, a.seed, a.days, a.rate)
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)
        return
    log: list[Event] = []
    for k in range(a.reps):
        begin = time.perf_counter()
        log = run(a.seed + k, a.days, a.rate)
        taken = time.perf_counter() - begin
        more = f", digest {digest(log)}" if a.digest else ""
        print(f"seed {a.seed + k}: {len(log)} log events, {taken * 1e3:.1f} ms, {taken / len(log) * 1e9:.0f} ns/event{more}")
    if a.jsonl:
        write(log, a.jsonl)


if __name__ == "__main__":
    main()
