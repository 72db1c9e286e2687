"""However reading, commits, faults, crashes and rebalances interleave, the lake holds what a model says it must.

A sink here never knows what the others do: any may be given any partition at any time, so each is at times a zombie.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from landing_model import CLUSTER, Clock, Crashed, Fault, Kind, ModelSink, World, contract_of, rows

from lakehouse.schema import prepare
from lakehouse.settings import Settings
from sinks.commit import Outcome
from sinks.errors import OffsetsLost
from sinks.gaps import Acceptance, NothingToAccept
from sinks.gaps import _transact as accept
from sinks.lake_session import LakeSession
from sinks.ledger import Identity
from sinks.records import Partition

# A longer run, of other examples each time: VIGIL_MODEL_EXAMPLES=500 pytest tests/test_landing_model.py
_LETTERS = 'select partition, "offset" from lake.ledger.dead_letters where topic = ? order by all'
_RANGES = """
with ranges as (
    select unnest(ranges) as range from lake.ledger.commits where topic = ?
)

select range.partition, range.first_offset, range.next_offset, range.messages from ranges
union all
select partition, from_offset, to_offset, null from lake.ledger.gaps where topic = ?
order by all
"""
EXAMPLES = os.environ.get("VIGIL_MODEL_EXAMPLES")
SINKS = range(3)
KINDS = st.lists(st.sampled_from([Kind.GOOD, Kind.GOOD, Kind.GOOD, Kind.BAD, Kind.HOLE]), min_size=1, max_size=8)
NUMBERS = st.integers(0, 5)
GIVEN = st.sets(NUMBERS, min_size=1, max_size=2)
FAULTS = st.tuples(*[st.sampled_from(Fault)] * len(SINKS))


@pytest.mark.timeout(1800)
def test_the_lake_is_as_the_model_says(catalog: tuple[str, Path]) -> None:
    lake = Settings(home=catalog[1].parent, catalog=catalog[0], data_path=str(catalog[1]))
    # Kept for all examples, as a connection takes longer than a commit: one a sink, one for commits that were lost on
    # their way, one that looks.
    sessions = [LakeSession(lake, 60) for _ in range(len(SINKS) + 2)]
    numbers = count()
    try:
        run_state_machine_as_test(
            lambda: Landing(lake, sessions, next(numbers)),  # type: ignore[arg-type]
            settings=settings(
                max_examples=int(EXAMPLES or 8),
                stateful_step_count=15,
                derandomize=EXAMPLES is None,
                database=None,
                deadline=None,
                # Each attempt at something shorter would take seconds; the steps are few.
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        for session in sessions:
            session.close()


class Landing(RuleBasedStateMachine):
    """Three sinks, two topics; ``world`` is the oracle."""

    def __init__(self, lake: Settings, sessions: list[LakeSession], number: int) -> None:
        super().__init__()
        self._contracts = {topic: contract_of(topic) for topic in (f"one.{number}", f"two.{number}")}
        self._identity = Identity(CLUSTER, {topic: f"id of {topic}" for topic in self._contracts})
        *own, self._elsewhere, self._looking = sessions
        self._looking.insist(lambda connection, _: prepare(connection, self._contracts.values()))
        self._world, self._clock = World(), Clock()
        self._sinks = [
            ModelSink(f"sink-{each}", self._world, self._contracts, (session, self._elsewhere), lake, self._clock)
            for each, session in enumerate(own)
        ]
        self._is_looked_at = True

    @initialize(logs=st.lists(KINDS, min_size=3, max_size=3))
    def begin(self, logs: list[list[Kind]]) -> None:
        one, two = self._contracts
        for topic, sink, kinds in zip((one, one, two), self._sinks, logs, strict=True):
            partition = self._world.add(topic)
            self._world.log[partition] += kinds
            sink.hold([partition])

    @rule(at=NUMBERS, kinds=KINDS)
    def produce(self, at: int, kinds: list[Kind]) -> None:
        self._world.log[self._partition(at)] += kinds

    @rule(at=st.integers(0, 1), kinds=KINDS)
    def add_partition(self, at: int, kinds: list[Kind]) -> None:
        if len(self._world.log) < 6:
            self._world.log[self._world.add(list(self._contracts)[at])] += kinds

    @rule(sink=st.sampled_from(SINKS), at=st.sets(NUMBERS, min_size=1, max_size=3))
    def assign(self, sink: int, at: set[int]) -> None:
        with self._stopping(sink):
            self._sinks[sink].hold(sorted({self._partition(each) for each in at}))

    @rule(sink=st.sampled_from(SINKS), at=GIVEN, gone=NUMBERS, kinds=KINDS)
    def revoke(self, sink: int, at: set[int], gone: int, kinds: list[Kind]) -> None:
        """A partition is taken away of which messages have been read already; the others land."""
        self._produce_to_all_of(sink, at | {gone}, kinds, is_cut=False)
        self._sinks[sink].accumulation.release({self._partition(gone)})
        self._sinks[sink].cut()
        self._commit(sink, Fault.NONE)

    @rule(sink=st.sampled_from(SINKS), most=st.integers(1, 9), is_cut=st.booleans())
    def read(self, sink: int, most: int, is_cut: bool) -> None:
        with self._stopping(sink):
            self._require_readable(sink)
            self._sinks[sink].read(most)
            if is_cut:
                self._sinks[sink].cut()

    @rule(given=st.tuples(*[st.sets(NUMBERS, max_size=2)] * 3), kinds=KINDS, faults=FAULTS)
    def all_land(self, given: tuple[set[int], ...], kinds: list[Kind], faults: tuple[Fault, ...]) -> None:
        """All are given partitions, read, and only then commit, one after the other."""
        for sink, at in enumerate(given):
            self._produce_to_all_of(sink, at, kinds)
        for sink, fault in enumerate(faults):
            self._commit(sink, fault)

    @rule(zombie=st.sampled_from(SINKS), other=st.sampled_from(SINKS), at=GIVEN, kinds=KINDS, faults=FAULTS)
    def wake(self, zombie: int, other: int, at: set[int], kinds: list[Kind], faults: tuple[Fault, ...]) -> None:
        """One sink is about to commit, another lands the same, and then the first goes on."""
        self._produce_to_all_of(zombie, at, kinds)
        if zombie != other:
            self._produce_to_all_of(other, at, [])
            self._commit(other, faults[0])
        self._commit(zombie, faults[1])

    @rule(first=st.sampled_from(SINKS), second=st.sampled_from(SINKS), at=GIVEN, is_same=st.booleans(), kinds=KINDS)
    def race(self, first: int, second: int, at: set[int], is_same: bool, kinds: list[Kind]) -> None:
        """The second sink commits while the first one's transaction is open."""
        self._produce_to_all_of(first, at, kinds)
        self._produce_to_all_of(second, at if is_same else {each + 1 for each in at}, kinds)
        if first != second and self._sinks[first].waiting and self._sinks[second].waiting:
            self._sinks[first].committer.before_commit = lambda: self._commit(second, Fault.NONE)
            self._commit(first, Fault.NONE)
            self._sinks[first].committer.before_commit = None

    @rule(sink=st.sampled_from(SINKS))
    def crash(self, sink: int) -> None:
        self._sinks[sink].die()

    @rule(at=NUMBERS, up_to=st.integers(1, 12))
    def expire(self, at: int, up_to: int) -> None:
        """Retention removes the beginning of a partition, landed or not."""
        partition = self._partition(at)
        self._world.starts[partition] = max(self._world.starts[partition], min(up_to, len(self._world.log[partition])))

    @rule(at=st.integers(0, 1))
    def accept_gap(self, at: int) -> None:
        topic = list(self._contracts)[at]
        lost = {
            partition: range(following, self._world.starts[partition])
            for partition, following in self._world.following.items()
            if partition.topic == topic and following < self._world.starts[partition]
        }
        held = self._world.held(partition for partition in self._world.log if partition.topic == topic)
        acceptance = Acceptance(topic, "officer", "expired", self._clock())
        try:
            found = self._looking.insist(lambda connection, _: accept(connection, self._identity, held, acceptance))
        except NothingToAccept:
            assert not lost
            return
        assert {gap.partition: range(gap.first, gap.next or 0) for gap in found} == lost
        for partition, offsets in lost.items():
            self._world.gaps[partition] |= set(offsets)
            self._world.following[partition] = offsets.stop
        self._is_looked_at = False

    @invariant()
    def lake_is_as_it_must_be(self) -> None:
        if not self._is_looked_at:
            self._looking.insist(lambda connection, _: self._look(connection))
            self._is_looked_at = True

    def teardown(self) -> None:
        """In peace, one sink lands all that is left."""
        for topic in range(2):
            self.accept_gap(topic)
        sink = self._sinks[0]
        sink.die()
        sink.hold(self._world.log)
        sink.read(1_000)
        sink.cut()
        self._commit(0, Fault.NONE)
        assert self._world.following == {partition: len(log) for partition, log in self._world.log.items()}
        self._looking.insist(lambda connection, _: self._look(connection))

    def _produce_to_all_of(self, sink: int, at: set[int], kinds: list[Kind], is_cut: bool = True) -> None:
        for each in at:
            self._world.log[self._partition(each)] += kinds
        if at:
            self.assign(sink, at)
        self.read(sink, 100, is_cut)

    def _commit(self, number: int, fault: Fault) -> None:
        sink = self._sinks[number]
        if not sink.waiting:
            return
        encoded = sink.waiting[0]
        sink.committer.fault = fault
        self._is_looked_at = False
        try:
            outcome = sink.commit()
        except Crashed:
            sink.die()
            # It dies at the commit, which a batch that another sink has landed does not come to.
            assert self._world.takes(encoded)
            if fault is Fault.CRASH_AFTER:
                self._world.land(encoded)
            return
        finally:
            sink.committer.fault = Fault.NONE
        assert outcome is (Outcome.LANDED if self._world.takes(encoded) else Outcome.FENCED)
        if outcome is Outcome.LANDED:
            self._world.land(encoded)
        else:
            with self._stopping(number):
                sink.hold(list(sink.accumulation.positions))

    def _look(self, connection: duckdb.DuckDBPyConnection) -> None:
        ledger = rows(connection, "select topic, partition, next_offset from lake.ledger.offsets order by all")
        standing = {Partition(topic, number): following for topic, number, following in ledger}
        assert len(standing) == len(ledger)
        ours = {partition: each for partition, each in standing.items() if partition.topic in self._contracts}
        assert ours == self._world.following
        for topic, contract in self._contracts.items():
            landed = rows(
                connection, f"select _partition, _offset, id from lake.landing.{contract.table} order by rowid"
            )
            letters = rows(connection, _LETTERS, topic)
            commits = rows(connection, _RANGES, topic, topic)
            for partition in (each for each in self._world.following if each.topic == topic):
                number = partition.number
                # In the order of their offsets, each once.
                found = [(offset, name) for at, offset, name in landed if at == number]
                assert found == [(offset, f"{number}/{offset}") for offset in self._world.due(partition, Kind.GOOD)]
                assert [at for each, at in letters if each == number] == self._world.due(partition, Kind.BAD)
                self._require_seamless(partition, [each[1:] for each in commits if each[0] == number])
            assert len(landed) == sum(len(self._world.due(p, Kind.GOOD)) for p in self._world.log if p.topic == topic)

    def _require_seamless(self, partition: Partition, ranges: list[tuple[int, int, int]]) -> None:
        """Commits and gaps lie end to end, and each commit tells how many messages it held."""
        position = self._world.first[partition]
        for first, following, messages in ranges:
            assert first == position
            kinds = self._world.log[partition][first:following]
            if messages is not None:
                assert messages == len(kinds) - kinds.count(Kind.HOLE)
            position = following
        assert position == self._world.following[partition]

    def _require_readable(self, number: int) -> None:
        for partition, position in self._sinks[number].accumulation.positions.items():
            if position < self._world.starts[partition]:
                raise OffsetsLost(partition.topic, "the broker does not have them any more")

    @contextmanager
    def _stopping(self, number: int) -> Iterator[None]:
        """A sink that offsets were removed from under stops."""
        try:
            yield
        except OffsetsLost:
            self._sinks[number].die()

    def _partition(self, at: int) -> Partition:
        return sorted(self._world.log)[at % len(self._world.log)]
