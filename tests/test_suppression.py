"""After a decision alerts of the same kind are marked and open no case for a time, and nothing else is kept back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import marts_lake
import orjson
import pytest
from landed_bank import FIRST_DAY, Bank, Event, at
from marts_lake import BuiltLake, MakeLake
from typer.testing import CliRunner

from cli.main import app
from contracts.decisions import TOPIC
from local.topics import ensure_topics

make_lake = marts_lake.make_lake

# All are alerted for crypto assets on day 1, which is decided on by day 4, and most again on day 50.
APPROVED, AGAIN, UNTIL = at(4), 50, 60
SUBJECTS = (
    *("again", "last_day", "day_after", "other", "unnamed", "twice", "more_than_twice", "reopened", "rejected"),
    *("unapproved", "own_approval", "reported", "joined", "late", "far", "unheard", "overtaken", "unseen", "ceaseless"),
)
CHUNK_ENDS = (at(3), at(55), at(5000))
# The decision on one of them lands late, and what another did before its decision: of these only a build that began
# with everything could know.
LANDED_LATE = "('A-unheard', 'A-unseen')"
ALERTS = f"""
    select * exclude (raised_pin, withdrawn_pin) from lake.aml.alerts
    where withdrawn_pin is null and subject_id not in {LANDED_LATE}
    order by alert_id
"""
CASES = f"select * from lake.str.cases where subject_id not in {LANDED_LATE} order by case_id"


def coins(bank: Bank, subject: str, day: int, *amounts: str, hour: int = 15) -> None:
    """Payments for crypto assets on the days up to ``day``, alerted at the last; two if no amounts are given."""
    for before, amount in enumerate(reversed(amounts or ("2500", "2500"))):
        fields = {"method": "card", "creditor_name": "Coins", "merchant_category_code": "6051"}
        bank.move(f"A-{subject}", "debit", amount, at(day - before, hour), **fields)


def abroad(bank: Bank, subject: str, *days: int, hour: int = 15) -> list[Event]:
    """Two payments to a listed country, alerted at the second."""
    fields = {"creditor_account_id": "X-yangon", "creditor_country": "MM"}
    return [bank.move(f"A-{subject}", "debit", 2500, at(day, hour), **fields) for day in days]


def moved() -> list[Event]:
    """What the accounts did, in the order in which it was sent."""
    bank = Bank()
    for subject in SUBJECTS:
        bank.customer(subject)
        coins(bank, subject, 1)
    for subject in ("again", "unnamed", "reopened", "rejected", "unapproved", "own_approval", "reported", "unheard"):
        coins(bank, subject, AGAIN)
    coins(bank, "again", UNTIL + 40)
    # 04:00 UTC is still the day before in New York.
    coins(bank, "last_day", UNTIL + 1, hour=4)
    coins(bank, "day_after", UNTIL + 1, hour=6)
    abroad(bank, "other", AGAIN - 1, AGAIN)
    coins(bank, "other", AGAIN, hour=16)
    coins(bank, "twice", AGAIN, "10000")
    coins(bank, "more_than_twice", AGAIN, "10000.01")
    # Alerted after the decision, with a window that reaches back to what was decided on.
    abroad(bank, "joined", 0, 10)
    coins(bank, "joined", AGAIN)
    # A movement within the decided window that was sent when the case was decided.
    late = bank.move("A-late", "debit", 10, at(0, 18), method="card", merchant_category_code="6051")
    late.row["_timestamp"] = at(12)
    coins(bank, "late", AGAIN)
    coins(bank, "far", 1000)
    # Sent after the decision, and alerted before what had opened the case.
    for event in abroad(bank, "overtaken", -1, 0, hour=20):
        event.row["_timestamp"] = at(5)
    coins(bank, "overtaken", AGAIN)
    # Sent before the decision, and landed after the build that heard of it.
    abroad(bank, "unseen", 1, 2, hour=12)
    coins(bank, "unseen", UNTIL - 2)
    # Goes on without a pause, until long after the day.
    for day in range(AGAIN, UNTIL + 100, 10):
        coins(bank, "ceaseless", day, "2500")
    bank.events.sort(key=lambda event: event.sent_at)
    return bank.events


def decisions(cases: Mapping[str, str]) -> list[Event]:
    """What officers decide on the first case of each subject."""
    acts = Bank()

    def dispose(
        subject: str, scenario: str = "crypto_ramp", until: int = UNTIL, disposition: str = "no_report"
    ) -> None:
        acts.decide(
            cases[f"A-{subject}"],
            "disposed",
            "o1",
            at(3),
            disposition=disposition,
            suppress_until=FIRST_DAY + timedelta(days=until),
            suppress_scenarios=[{"scenario_id": scenario}],
        )

    for subject in SUBJECTS:
        if subject not in ("unnamed", "far", "reported"):
            dispose(subject)
    dispose("unnamed", scenario="high_risk_geography")
    dispose("far", until=3000)
    dispose("reported", disposition="report")
    for subject in SUBJECTS:
        if subject != "unapproved":
            acts.decide(cases[f"A-{subject}"], "approved", "o1" if subject == "own_approval" else "o2", APPROVED)
    acts.decide(cases["A-reopened"], "opened", "o3", at(30))
    acts.decide(cases["A-rejected"], "rejected", "o2", at(30))
    return acts.events


@dataclass(frozen=True)
class Decided:
    """The lake built day by day, the one built at once, and the first case of each subject."""

    day_by_day: BuiltLake
    at_once: BuiltLake
    cases: dict[str, str]

    def suppressed(self) -> set[tuple[str, int]]:
        """Subject and day of the alerts that are."""
        return self._days("select subject_id, detected_at from lake.aml.alerts where suppressed_by is not null")

    def in_cases(self) -> set[tuple[str, int]]:
        """Subject and day of the alerts of other cases than the first."""
        return self._days(
            "select subject_id, detected_at from lake.str.case_alerts where case_id not in "
            f"({', '.join(repr(case) for case in self.cases.values())})"
        )

    def _days(self, query: str) -> set[tuple[str, int]]:
        return {
            (subject.removeprefix("A-"), (when.date() - FIRST_DAY).days)
            for subject, when in self.day_by_day.rows(query)
        }


def _is_unseen(event: Event) -> bool:
    return event.row.get("account_id") == "A-unseen" and event.row.get("creditor_country") == "MM"


@pytest.fixture(scope="module")
def decided(make_lake: MakeLake) -> Decided:
    """Builds of one lake, the last of which makes every table anew, and one build of another."""
    lake, events, start = make_lake(), moved(), at(-1)
    acts: list[Event] = []
    cases: dict[str, str] = {}
    for end in CHUNK_ENDS:
        lake.land([event for event in events if start <= event.sent_at < end and not _is_unseen(event)])
        unheard = cases.get("A-unheard")
        lake.land([act for act in acts if start <= act.sent_at < end and (act.row["case_id"] != unheard)])
        if end == CHUNK_ENDS[-1]:
            lake.land([event for event in events if _is_unseen(event)])
            lake.land([act for act in acts if act.row["case_id"] == unheard])
        lake.build_cases(lake.newest())
        if not cases:
            cases = dict(lake.rows("select subject_id, case_id from lake.str.cases"))
            acts = decisions(cases)
        start = end
    lake.dbt(
        lake.newest(),
        *("build", "--select", "+cases", "--exclude-resource-types", "test", "unit_test", "--full-refresh"),
    )
    at_once = make_lake()
    at_once.land([*events, *acts])
    at_once.build_cases(at_once.newest())
    return Decided(lake, at_once, cases)


def test_each_subject_had_one_case_to_decide_on(decided: Decided) -> None:
    assert sorted(decided.cases) == sorted(f"A-{subject}" for subject in SUBJECTS)


def test_alerts_of_the_scenario_up_to_the_day_are_suppressed_and_open_no_case(decided: Decided) -> None:
    assert decided.suppressed() == {
        ("again", AGAIN),
        ("last_day", UNTIL + 1),
        ("other", AGAIN),
        ("twice", AGAIN),
        ("ceaseless", AGAIN + 10),
    }


def test_whatever_else_is_alerted_opens_a_case(decided: Decided) -> None:
    assert decided.in_cases() == {
        ("again", UNTIL + 40),
        ("day_after", UNTIL + 1),
        ("other", AGAIN),
        ("far", 1000),
        ("overtaken", 0),
        ("overtaken", 1),
        ("unseen", UNTIL - 2),
        ("ceaseless", AGAIN + 100),
        *(
            (subject, AGAIN)
            for subject in (
                *("unnamed", "more_than_twice", "reopened", "rejected", "unapproved", "own_approval", "reported"),
                *("joined", "late", "unheard", "overtaken"),
            )
        ),
    }


def test_the_mark_names_the_decision_and_its_last_day(decided: Decided) -> None:
    found = decided.day_by_day.rows(
        "select alerts.scenario_id, alerts.suppressed_until, acts.act, acts.case_id "
        "from lake.aml.alerts join lake.str.case_acts as acts on alerts.suppressed_by = acts.decision_id "
        "where alerts.subject_id = 'A-other'"
    )
    assert found == [("crypto_ramp", date(2026, 3, 6), "disposed", decided.cases["A-other"])]


def test_cases_count_what_they_suppress(decided: Decided) -> None:
    found = decided.day_by_day.rows(
        "select subject_id, status, suppress_until, suppressed_alerts from lake.str.cases "
        "where suppressed_alerts > 0 or suppress_until is not null order by all"
    )
    last = FIRST_DAY + timedelta(days=UNTIL)
    assert found == [
        ("A-again", "approved", last, 1),
        ("A-ceaseless", "approved", last, 1),
        ("A-day_after", "approved", last, 0),
        ("A-far", "approved", FIRST_DAY + timedelta(days=3000), 0),
        ("A-last_day", "approved", last, 1),
        ("A-more_than_twice", "approved", last, 0),
        ("A-other", "approved", last, 1),
        ("A-twice", "approved", last, 1),
        ("A-unheard", "approved", last, 0),
        ("A-unnamed", "approved", last, 0),
        ("A-unseen", "approved", last, 0),
    ]


def test_the_cases_decided_on_stay_what_they_were(decided: Decided) -> None:
    found = decided.day_by_day.rows("select subject_id, case_id from lake.str.cases")
    assert set(decided.cases.items()) - set(found) == {("A-overtaken", decided.cases["A-overtaken"])}


def test_day_by_day_gives_what_all_at_once_gives(decided: Decided) -> None:
    assert decided.day_by_day.rows(ALERTS) == decided.at_once.rows(ALERTS)
    assert decided.day_by_day.rows(CASES) == decided.at_once.rows(CASES)


def test_every_alert_is_in_one_case_or_suppressed(decided: Decided) -> None:
    lake = decided.day_by_day
    statuses = lake.dbt(lake.newest(), "test", "--select", "case_amounts_equal_their_evidence")
    assert list(statuses.values()) == ["pass"]


@pytest.fixture
def command(decided: Decided, kafka: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Runs ``vigil ARGUMENTS --json`` on the lake and returns what it answers, or the error it names."""
    settings = decided.day_by_day.settings
    assert settings.catalog
    monkeypatch.setenv("VIGIL_HOME", str(settings.home))
    monkeypatch.setenv("VIGIL_DATA_PATH", settings.lake_data_path)
    monkeypatch.setenv("VIGIL_CATALOG", settings.catalog)
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", kafka)
    ensure_topics(kafka, {TOPIC: 1})

    def run(*arguments: str) -> dict[str, Any]:
        found = CliRunner().invoke(app, [*arguments, "--json"])
        if found.exception:
            return {"error": str(found.exception)}
        answered: dict[str, Any] = orjson.loads(found.stdout)
        return answered

    return run


def test_an_officer_says_until_when_within_bounds(decided: Decided, command: Callable[..., dict[str, Any]]) -> None:
    ((case,),) = decided.day_by_day.rows("select case_id from lake.str.cases where status = 'candidate' limit 1")
    decide = ("case", "decide", str(case), "--officer", "o1", "--reason", "Explained.", "--disposition")
    today = datetime.now(UTC).date()

    def until(days: int) -> tuple[str, str]:
        return "--suppress-until", (today + timedelta(days=days)).isoformat()

    assert "give a day from" in command(*decide, "no_report", *until(-1))["error"]
    assert "maximum is 366 days" in command(*decide, "no_report", *until(367))["error"]
    assert "only a case disposed of with no_report" in command(*decide, "report", *until(30))["error"]
    assert "needs --suppress-until" in command(*decide, "no_report", "--suppress-scenario", "crypto_ramp")["error"]
    foreign = command(*decide, "no_report", *until(30), "--suppress-scenario", "fan_in")["error"]
    assert "has no alert of fan_in" in foreign
    sent = command(*decide, "no_report", *until(366))
    assert sent["suppress_until"] == (today + timedelta(days=366)).isoformat()
    assert len(sent["suppress_scenarios"]) == 1


def test_commands_tell_what_is_suppressed(decided: Decided, command: Callable[..., Any]) -> None:
    assert {alert["subject_id"].removeprefix("A-") for alert in command("alerts", "--suppressed")} == {
        subject for subject, _ in decided.suppressed()
    }
    counts = {case["suppressed_alerts"] for case in command("case", "list")}
    assert counts == {0, 1}
