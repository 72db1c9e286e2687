"""Two minutes of `benchmarks/chaos.py`: every fault strikes, and each message lands once, in order.

Leave it out with `pytest -m "not chaos"`.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

CHAOS = Path(__file__).parents[1] / "benchmarks" / "chaos.py"


@pytest.mark.chaos
@pytest.mark.timeout(1200)  # two and a half minutes where the machine has nothing else to do
def test_faults_lose_and_double_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(CHAOS), "--minutes", "2", "--seed", "7", "--json", "--home", str(tmp_path / "home")],
        capture_output=True,
        text=True,
    )
    if done.stderr.startswith("void:"):
        pytest.skip(done.stderr.strip())
    assert done.stdout, done.stderr
    report = json.loads(done.stdout)
    assert all(report["struck"].values()), report
    assert report["verdict"] == "right", report
    assert done.returncode == 0
