"""The files in docs/operations are about the sink that there is: its metrics, its options, its settings, its paths."""

from __future__ import annotations

import configparser
import json
import re
import shlex
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from cli.main import app
from sinks import SinkConfig
from sinks.clock import utc_now
from sinks.health import Health
from sinks.metrics import Metrics

FILES = Path(__file__).parent.parent / "docs" / "operations"
NAMES = re.compile(r"\bvigil_(?:sink|registry)_\w+")


def exposed() -> set[str]:
    """The names of all samples that a sink can expose."""
    config = SinkConfig(topics=("any",))
    metrics = Metrics(config.topics, Health(config, threading.Event()), utc_now)
    histogram = {"_bucket", "_count", "_sum"}
    names = set()
    for family in metrics.registry.collect():
        suffixes = {"counter": {"_total"}, "histogram": histogram, "gauge": {""}}[family.type]
        names |= {family.name + suffix for suffix in suffixes}
    return names


def expressions() -> list[tuple[str, str]]:
    """Every expression in the alerts and on the dashboard, with where it stands."""
    rules = yaml.safe_load((FILES / "alerts.yml").read_text(encoding="utf-8"))
    board = json.loads((FILES / "grafana-dashboard.json").read_text(encoding="utf-8"))
    return [(rule["alert"], rule["expr"]) for group in rules["groups"] for rule in group["rules"]] + [
        (panel["title"], target["expr"]) for panel in board["panels"] for target in panel["targets"]
    ]


@pytest.mark.parametrize(("where", "expression"), expressions())
def test_every_metric_asked_for_is_one_that_a_sink_exposes(where: str, expression: str) -> None:
    named = set(NAMES.findall(expression))
    assert named, f"{where} asks for no metric of a sink"
    assert named <= exposed()


def test_every_metric_is_in_the_docs() -> None:
    page = (FILES.parent / "operations.md").read_text(encoding="utf-8")
    config = SinkConfig(topics=("any",))
    metrics = Metrics(config.topics, Health(config, threading.Event()), utc_now)
    for family in metrics.registry.collect():
        assert family.name.removeprefix("vigil_sink") in page, f"{family.name} is not in docs/operations.md"


@pytest.mark.parametrize("order", [("check", "rules", "alerts.yml"), ("test", "rules", "alerts_test.yml")])
def test_the_rules_hold_by_promtool(order: tuple[str, ...]) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (on Debian it is in the package prometheus)")
    told = subprocess.run([promtool, *order], cwd=FILES, capture_output=True, text=True, timeout=60)
    assert told.returncode == 0, told.stdout + told.stderr


def test_every_alert_has_a_test_that_sees_it_fire() -> None:
    rules = yaml.safe_load((FILES / "alerts.yml").read_text(encoding="utf-8"))
    tests = yaml.safe_load((FILES / "alerts_test.yml").read_text(encoding="utf-8"))
    fired = {case["alertname"] for test in tests["tests"] for case in test["alert_rule_test"] if case.get("exp_alerts")}
    assert {rule["alert"] for group in rules["groups"] for rule in group["rules"]} == fired


def test_kubernetes_starts_and_probes_a_sink() -> None:
    settings, service, manifest = yaml.safe_load_all((FILES / "sink.k8s.yml").read_text(encoding="utf-8"))
    pod = manifest["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    _takes(container["args"])
    assert {container[each]["httpGet"]["path"] for each in ("startupProbe", "livenessProbe")} == {"/healthz"}
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    sink = yaml.safe_load(settings["data"]["sink.yml"])
    assert [each["containerPort"] for each in container["ports"]] == [sink["metrics_port"]]
    assert [each["port"] for each in service["spec"]["ports"]] == [sink["metrics_port"]]
    # The certificates are on no machine but the pods'.
    SinkConfig.parse({name: value for name, value in sink.items() if name != "kafka.security.protocol"})
    assert manifest["kind"] == "StatefulSet", "a pod keeps its name, by which the group knows it"
    assert "kafka.group.instance.id=$(POD_NAME)" in container["args"]
    file = container["args"][container["args"].index("--config") + 1]
    assert file in [each["mountPath"] for each in container["volumeMounts"]]
    catalog = next(each for each in container["env"] if each["name"] == "VIGIL_CATALOG")
    assert "secretKeyRef" in catalog["valueFrom"], "the catalog's password is in a secret"
    assert pod["terminationGracePeriodSeconds"] > SinkConfig(topics=("any",)).revoke_seconds


def test_systemd_starts_a_sink() -> None:
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(FILES / "vigil-sink.service")
    _takes(["vigil", *shlex.split(unit["Service"]["ExecStart"])[1:]])
    assert int(unit["Service"]["TimeoutStopSec"]) > SinkConfig(topics=("any",)).revoke_seconds


def _takes(arguments: list[Any]) -> None:
    """Make sure that the command line takes these arguments."""
    assert arguments[0] == "vigil"
    told = CliRunner().invoke(app, [*arguments[1:], "--help"])
    assert told.exit_code == 0, told.output
    options = {each for each in arguments if each.startswith("--")}
    assert options <= set(re.findall(r"--[\w-]+", told.output))
