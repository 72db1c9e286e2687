"""How good screening is on real aliases and how fast it is: OFAC's and the UN's lists against near names and a bank.

python benchmarks/screening.py quality --half 0|1 [--json]     half 0 is there to develop on, half 1 to be scored
python benchmarks/screening.py speed [--parties 1000000] [--recombined] [--json]
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
# This file has the name of a package: the package is looked for first.
sys.path[:1] = [str(HERE.parent), str(HERE)]

from screening_measures import ordinary, published, quality, recombined, speed  # noqa: E402

from simulator.published import published as shared  # noqa: E402


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["quality", "speed"])
    parser.add_argument("--half", type=int, choices=[0, 1], default=0)
    parser.add_argument("--parties", type=int, default=1_000_000)
    parser.add_argument("--recombined", action="store_true", help="names made of the words of listed ones")
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args()
    entries = published(shared("watchlists"))
    if arguments.what == "quality":
        report = quality(entries, arguments.half)
        told = "\n".join(
            f"{row['what']:<28} F1 {row['f1']:.3f}  recall {row['recall']:.3f}  precision {row['precision']:.3f}"
            f"  {row['pairs']} pairs, {row['non_pairs']} non-pairs"
            for row in report
        )
    else:
        count = arguments.parties
        report = speed(entries, recombined(entries, count) if arguments.recombined else ordinary(count))
        told = "\n".join(f"{name:<22} {value:,.3f}" for name, value in report.items())
    print(json.dumps(report) if arguments.json else told)


if __name__ == "__main__":
    main()
