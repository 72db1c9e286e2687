"""How long it takes to find who owns 100,000 entities in the end: in groups with circles, a chain, one large circle.

python benchmarks/ownership.py [--entities 100000] [--json]
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import time
from collections.abc import Callable

from owners.interests import Interest, ultimate

Web = tuple[list[Interest], list[str]]
LIMIT_SECONDS = 60


def main() -> None:
    """Run the benchmark, each web after the other; memory is the most of the process so far."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entities", type=int, default=100_000)
    parser.add_argument("--json", action="store_true", help="print one JSON object a web")
    arguments = parser.parse_args()
    for name, make in WEBS.items():
        found = measure(name, *make(arguments.entities))
        if arguments.json:
            print(json.dumps(found), flush=True)
        else:
            print(
                f"{name}: {found['interests']:,} interests, {found['told']:,} owners told, {found['seconds']} s "
                f"(at most {LIMIT_SECONDS}), {found['megabytes']:,} MB",
                flush=True,
            )


def measure(name: str, interests: list[Interest], persons: list[str]) -> dict[str, object]:
    """Solve one web."""
    began = time.perf_counter()
    told = sum(1 for _ in ultimate(interests, persons))
    return {
        "web": name,
        "interests": len(interests),
        "told": told,
        "seconds": round(time.perf_counter() - began, 1),
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def groups(entities: int) -> Web:
    """Each entity has one to six owners, half of them older entities; of fifty one owns a part of an older one back."""
    drawn = random.Random(1)
    interests: list[Interest] = []
    for entity in range(entities):
        left = 1.0
        owners = drawn.choice((1, 1, 2, 2, 3, 4, 6))
        for number in range(owners):
            share = left if number == owners - 1 and drawn.random() < 0.9 else left * drawn.random()
            left -= share
            above = entity and drawn.random() < 0.55
            owner = f"e{drawn.randrange(max(0, entity - 5000), entity)}" if above else f"p{drawn.randrange(entities)}"
            interests.append(Interest(f"e{entity}", owner, "shares", share))
        if drawn.random() < 0.02:
            back = max(0, entity - drawn.randrange(1, 50))
            interests.append(Interest(f"e{back}", f"e{entity}", "shares", 0.2 * drawn.random()))
    return interests, _persons(entities)


def chain(entities: int) -> Web:
    """Each entity owns sixty percent of the next, and a person of its own the rest."""
    held = [Interest(f"e{n}", f"e{n - 1}", "shares", 0.6) for n in range(1, entities)]
    return held + [Interest(f"e{n}", f"p{n}", "shares", 0.4) for n in range(entities)], _persons(entities)


def circle(entities: int) -> Web:
    """All entities own ninety percent of the next, the last of the first."""
    held = [Interest(f"e{n}", f"e{(n - 1) % entities}", "shares", 0.9) for n in range(entities)]
    return held + [Interest(f"e{n}", f"p{n}", "shares", 0.1) for n in range(entities)], _persons(entities)


def _persons(entities: int) -> list[str]:
    return [f"p{number}" for number in range(entities)]


WEBS: dict[str, Callable[[int], Web]] = {"groups": groups, "chain": chain, "circle": circle}

if __name__ == "__main__":
    main()
