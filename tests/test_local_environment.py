"""Services that the environment names are used as they are, and nothing local is started for them."""

from pathlib import Path

import pytest

from local.errors import ServiceUnreachable, SettingInvalid
from local.ports import LOOPBACK, free
from local.services import Services, down, status, up


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch, services: Services) -> Services:
    """Both variables set to the services of this test run."""
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", services.bootstrap_servers)
    monkeypatch.setenv("VIGIL_CATALOG", services.catalog)
    return services


def test_nothing_local_starts(named: Services, tmp_path: Path) -> None:
    used = up(tmp_path)
    assert (used.bootstrap_servers, used.catalog) == (named.bootstrap_servers, named.catalog)
    assert used.started == frozenset()
    assert [path.name for path in tmp_path.iterdir()] == ["services.lock"]
    assert [each.state for each in status(tmp_path)] == ["outside", "outside"]


@pytest.mark.usefixtures("named")
def test_down_leaves_them_alone(services: Services, tmp_path: Path) -> None:
    assert down(tmp_path) == frozenset()
    # A registry that another test started here is named by nothing outside, and comes last.
    assert [each.state for each in status(services.home)][:2] == ["outside", "outside"]


def test_a_named_broker_starts_postgres_only(
    monkeypatch: pytest.MonkeyPatch, services: Services, tmp_path: Path
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", services.bootstrap_servers)
    try:
        assert up(tmp_path).started == {"postgres"}
        assert not (tmp_path / "kafka").exists()
    finally:
        assert down(tmp_path) == {"postgres"}


@pytest.mark.usefixtures("named")
def test_an_unreachable_broker_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    address = f"{LOOPBACK}:{free(1)[0]}"
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", address)
    with pytest.raises(ServiceUnreachable, match=rf"KAFKA_BOOTSTRAP_SERVERS.*{address}.*unset it"):
        up(tmp_path)
    assert status(tmp_path)[0].state == "unreachable"


@pytest.mark.usefixtures("named")
def test_an_unreachable_catalog_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VIGIL_CATALOG", f"postgres:host={tmp_path} user=postgres dbname=vigil")
    with pytest.raises(ServiceUnreachable, match=r"VIGIL_CATALOG.*unset it"):
        up(tmp_path)
    assert status(tmp_path)[1].state == "unreachable"


@pytest.mark.parametrize(
    ("variable", "value"),
    [("KAFKA_BOOTSTRAP_SERVERS", "broker-without-port"), ("VIGIL_CATALOG", "sqlite:lake.db")],
)
@pytest.mark.usefixtures("named")
def test_a_malformed_value_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingInvalid, match=variable):
        up(tmp_path)
