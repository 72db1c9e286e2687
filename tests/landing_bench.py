"""A topic, a lake of its own and what landing tests do with them; everything is real."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
from confluent_kafka import Producer

from contracts import Contract, contract_for
from lakehouse.attach import connect
from lakehouse.settings import Settings
from sinks import LandingResult, PartitionReconciliation, SinkConfig, Step, reconcile, run_until_caught_up
from sinks.progress import Observer, nobody

PROCESS = Path(__file__).with_name("sink_process.py")


def party(number: int, **changed: Any) -> bytes:
    """A valid message of bank.parties, with members changed or (None) left out."""
    event = {
        "party_id": f"P{number}",
        "party_type": "natural_person",
        "name": f"José {number}",
        "status": "active",
        "expected_monthly_turnover": "1250.0000",
        "birth_date": "1980-02-29",
        "updated_at": "2026-01-31T13:45:00.123456Z",
    } | changed
    return json.dumps({name: value for name, value in event.items() if value is not None}).encode()


class Bench:
    """One topic with the contract of ``bank.parties`` (or another), and one empty lake."""

    def __init__(
        self,
        kafka: str,
        new_topic: Callable[..., str],
        catalog: tuple[str, Path],
        contract: str = "bank.parties",
        partitions: int = 1,
        config: dict[str, str] | None = None,
    ) -> None:
        self.kafka = kafka
        self.topic = new_topic(contract, partitions, config)
        self.contract: Contract = contract_for(contract).model_copy(update={"topic": self.topic})
        self.settings = Settings(
            home=catalog[1].parent,
            catalog=catalog[0],
            data_path=str(catalog[1]),
            kafka_bootstrap_servers=kafka,
        )

    @property
    def contracts(self) -> dict[str, Contract]:
        """The contract by topic."""
        return {self.topic: self.contract}

    def config(self, **changed: Any) -> SinkConfig:
        """A configuration for this topic; a killed sink's place in the group is free at once, as its name is fixed.

        Upkeep is off, so that a slow test finds the files it looks for.
        """
        kafka = {"session.timeout.ms": 6000, "group.instance.id": "bench"} | changed.pop("kafka", {})
        ours = {"topics": (self.topic,), "group": self.topic, "kafka": kafka, "upkeep_seconds": 0}
        return SinkConfig(**ours | changed)

    def send(self, values: Iterable[bytes | None], partition: int = 0, key: bytes | None = b"k", **more: Any) -> None:
        """Produce to one partition, in order."""
        producer = Producer({"bootstrap.servers": self.kafka, "linger.ms": 5, **more})
        for value in values:
            producer.produce(self.topic, value, key=key, partition=partition)
        assert producer.flush(30) == 0

    def land(self, observe: Observer = nobody, **changed: Any) -> LandingResult:
        """Run a sink in this process until it is caught up."""
        return run_until_caught_up(self.config(**changed), self.settings, observe=observe, contracts=self.contracts)

    def reconcile(self) -> list[PartitionReconciliation]:
        """Reconcile the topic with the broker."""
        return reconcile(self.settings, [self.topic], contracts=self.contracts)

    def proves_exact(self, rows: int, dead_letters: int = 0) -> None:
        """Fail unless exactly so many rows and dead letters landed: none lost, none twice, in order."""
        found = self.reconcile()
        assert all(each.exact for each in found), found
        assert all(each.next_offset == each.log_end for each in found if each.log_end is not None), found
        assert (sum(each.rows for each in found), sum(each.dead_letters for each in found)) == (rows, dead_letters)

    def query(self, sql: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        """Rows of a query on the lake; ``{table}`` is the landing table."""
        sql = sql.replace("{table}", f"lake.landing.{self.contract.table}")
        return self._lake.execute(sql, parameters).fetchall()

    @cached_property
    def _lake(self) -> duckdb.DuckDBPyConnection:
        # Kept, as attaching takes half a second; a test that breaks the catalog asks only afterwards.
        return connect(self.settings)

    def files(self) -> set[str]:
        """Names of the Parquet files that sinks left in the data path, registered or not."""
        return {path.name for path in Path(self.settings.lake_data_path).rglob("sink-*.parquet")}

    def process(
        self,
        step: Step,
        occurrence: int,
        then: str,
        contracts: Mapping[str, Contract] | None = None,
        **changed: Any,
    ) -> SinkProcess:
        """A sink in a process of its own that acts (``then``: 'wait' or 'SIGSTOP') when it takes ``step``.

        ``contracts`` by topic, if it is to land other topics than the bench's.
        """
        order = {
            "config": self.config(**changed).model_dump(),
            "settings": self.settings.model_dump(mode="json"),
            "contracts": [contract.model_dump() for contract in (contracts or self.contracts).values()],
            "step": step,
            "occurrence": occurrence,
            "then": then,
        }
        return SinkProcess(order)


class SinkProcess:
    """A running sink; each step it takes is a line it prints."""

    def __init__(self, order: Mapping[str, Any]) -> None:
        self._told: list[dict[str, Any]] = []
        self._ended = False
        self._changed = threading.Condition()
        self._process = subprocess.Popen(
            [sys.executable, str(PROCESS), json.dumps(order)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._changed:
                self._told.append(json.loads(line))
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def until(self, step: str) -> dict[str, Any]:
        """Wait until the sink has taken ``step`` for the first time, and return what it printed then."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended or self._first(step) is not None)
            found = self._first(step)
        if found is None:
            raise AssertionError(f"the sink ended before {step!r}: {self._error()}")
        return found

    def told(self) -> list[dict[str, Any]]:
        """What it has printed so far."""
        with self._changed:
            return list(self._told)

    def holds(self) -> set[int]:
        """Numbers of the partitions it holds now; for a sink of one topic."""
        held: set[int] = set()
        for event in self.told():
            if event["step"] == Step.ASSIGNED:
                held.update(event["partitions"])
            elif event["step"] == Step.REVOKED:
                held.difference_update(event["partitions"])
        return held

    def _first(self, step: str) -> dict[str, Any] | None:
        return next((event for event in self._told if event["step"] == step), None)

    def kill(self) -> None:
        """SIGKILL, and make sure that this is what ended it."""
        self._process.kill()
        assert self._process.wait(30) == -signal.SIGKILL
        self._close()

    def resume(self) -> None:
        """SIGCONT."""
        self._process.send_signal(signal.SIGCONT)

    def finish(self) -> None:
        """SIGTERM, and make sure that it ends well."""
        self._process.terminate()
        code = self._process.wait(60)
        error = self._error()
        self._close()
        assert code == 0, error

    def _error(self) -> str:
        assert self._process.stderr is not None
        return self._process.stderr.read()

    def _close(self) -> None:
        self._reader.join()
        for pipe in (self._process.stdout, self._process.stderr):
            assert pipe is not None
            pipe.close()

    def __enter__(self) -> SinkProcess:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait(30)
        self._close()
