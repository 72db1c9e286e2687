"""Officers at work by command on a case, from assignment to filing; and the topic is all there is to know of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

import marts_lake
import orjson
import pytest
from kafka_topics import delete_topics
from landed_bank import Bank, Event, at
from lxml import etree
from marts_lake import BuiltLake, MakeLake
from typer.testing import CliRunner

import contracts
from cases.decisions import record
from cases.errors import CaseError
from cases.events import send
from cli.main import app
from contracts import contract_for
from contracts.decisions import decision
from lakehouse.attach import connect
from lakehouse.schema import prepare
from lakehouse.snapshots import latest, record_build
from local.topics import ensure_topics
from reports.document import compose
from reports.narrative import narrative
from reports.profile import load, names
from reports.read import read_case
from sinks import SinkConfig, run_until_caught_up

make_lake = marts_lake.make_lake

TOPICS = ("bank.parties", "bank.accounts", "bank.transactions", "compliance.decisions")
SUBJECTS = ("A-reported", "A-breached", "A-noted")
EVERYTHING = (
    *("+case_violations", "+deadlines", "+rpt_reporting_entity"),
    *("+rpt_str_party", "+rpt_str_alert", "+rpt_str_act"),
    *("+rpt_mlro_alert", "+rpt_mlro_case", "+rpt_mlro_violation"),
)
# What a second lake, which has only the topics, must show just the same; who saw what first is a matter of builds.
SAME = {
    "cases": "select * from lake.str.cases order by case_id",
    "acts": "select * exclude (_pin) from lake.str.case_acts order by decision_id",
    "evidence": "select * from lake.str.case_evidence order by case_id, transaction_id",
    "violations": "select * from lake.str.case_violations order by decision_id",
    "deadlines": "select * from lake.str.deadlines order by deadline_id",
}


def bank() -> list[Event]:
    """Accounts whose card payments for crypto assets are alerted, each a case of two movements."""
    bank = Bank()
    for account in SUBJECTS:
        bank.customer(account.removeprefix("A-"))
        for day in (0, 1):
            fields = {"method": "card", "creditor_name": "Coins", "merchant_category_code": "6051"}
            bank.move(account, "debit", 2500, at(day), **fields)
    bank.move("A-noted", "debit", 70, at(2), creditor_name="A shop")
    return bank.events


@dataclass
class Desk:
    """The lake that officers work with, the topics behind it, and what became of what they tried."""

    lake: BuiltLake
    kafka: str
    cases: dict[str, str] = field(default_factory=dict)
    movements: dict[str, list[str]] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)
    shown: dict[str, Any] = field(default_factory=dict)

    def run(self, *arguments: str, typed: str | None = None) -> Any:
        """What ``vigil ARGUMENTS --json`` answers.

        Raises:
            CaseError: it is refused.
        """
        found = CliRunner().invoke(app, [*arguments, "--json"], input=typed)
        if found.exception:
            raise found.exception
        return orjson.loads(found.stdout)

    def act(self, command: str, subject: str, officer: str, *more: str) -> Any:
        """An act by command, with a reason."""
        reason = ("--reason", "As seen on the statement.")
        return self.run("case", command, self.cases[subject], "--officer", officer, *reason, *more)

    def refused(self, name: str, command: str, subject: str, officer: str, *more: str) -> None:
        """An act that has to be refused; why is kept under ``name``."""
        with pytest.raises(CaseError) as refusal:
            self.act(command, subject, officer, *more)
        self.refusals[name] = str(refusal.value)

    def write(self, subject: str, text: str, officer: str = "o3") -> Any:
        """A new version of the narrative."""
        return self.run("case", "narrative", self.cases[subject], "--edit", "-", "--officer", officer, typed=text)

    def smuggle(self, act: str, subject: str, officer: str, **more: Any) -> None:
        """An act that another program than the command puts on the topic."""
        event = decision(self.cases[subject], act, officer, "investigator", datetime.now(UTC), **more)
        record(self.kafka, event)

    def build(self, *selected: str) -> None:
        """Land what is on the topics and build from it; if nothing is selected, what follows from decisions."""
        config = SinkConfig(topics=TOPICS, group=str(self.lake.settings.home), upkeep_seconds=0)
        run_until_caught_up(config, self.lake.settings)
        wanted = selected or ("stg_decisions+",)
        self.lake.dbt(self.lake.newest(), "build", "--select", *wanted, "--exclude-resource-types", "test", "unit_test")
        with connect(self.lake.settings) as connection:
            record_build(connection, latest(connection), datetime.now(UTC).replace(tzinfo=None))


@pytest.fixture(scope="module")
def desk(make_lake: MakeLake, kafka: str) -> Any:
    """A working day: what is allowed, what is refused, and what comes by other ways."""
    lake = _reading(make_lake(), kafka)
    # Acts on cases of other tests, which share the broker, would count as violations here.
    delete_topics(kafka, *TOPICS)
    ensure_topics(kafka, dict.fromkeys(TOPICS, 1))
    for topic in TOPICS[:-1]:
        send(kafka, topic, [_event(each) for each in bank() if each.topic == topic])
    desk = Desk(lake, kafka)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in _environment(lake).items():
            patch.setenv(name, value)
        desk.build(*EVERYTHING)
        desk.cases = dict(lake.rows("select subject_id, case_id from lake.str.cases"))
        desk.movements = dict(
            lake.rows(
                "select account_id, list(transaction_id order by booked_at) "
                "from lake.staging.stg_transactions group by all"
            )
        )
        _investigate(desk)
        desk.build()
        desk.shown["disposed"] = desk.run("case", "show", desk.cases["A-reported"])
        desk.shown["written"] = desk.run("case", "narrative", desk.cases["A-reported"])
        _review(desk)
        desk.build()
        _settle(desk)
        desk.build()
        desk.shown["approved"] = desk.run("case", "show", desk.cases["A-reported"])
        desk.shown["history"] = desk.run("case", "history", desk.cases["A-breached"])
        desk.shown["violations"] = desk.run("case", "violations")
        desk.shown["all violations"] = desk.run("case", "violations", "--all")
        desk.shown["deadlines"] = desk.run("case", "deadlines")
        desk.shown["of o3"] = desk.run("case", "list", "--assigned-to", "o3")
        yield desk


def _investigate(desk: Desk) -> None:
    """From assignment to disposal without a build in between: each command knows what the ones before it put there."""
    first, second = desk.movements["A-reported"]
    extra = desk.movements["A-noted"][-1]
    desk.refused("to nobody", "assign", "A-reported", "o1", "--to", " ")
    desk.act("assign", "A-reported", "o1", "--to", "o3")
    desk.act("note", "A-noted", "o1")
    # What the last build shows is not what the case is by then.
    desk.act("evidence", "A-noted", "o1", "--strike", desk.movements["A-noted"][0])
    desk.act("evidence", "A-noted", "o1", "--add", desk.movements["A-noted"][0])
    desk.refused("struck already", "evidence", "A-noted", "o1", "--strike", extra)
    desk.write("A-noted", "A text that nobody wants any more.")
    desk.run("case", "narrative", desk.cases["A-noted"], "--drop", "--officer", "o3", "--reason", "Not so.")
    with pytest.raises(CaseError) as refusal:
        desk.run("case", "note", desk.cases["A-noted"], "--officer", "o1", "--reason", " ")
    desk.refusals["no reason"] = str(refusal.value)
    desk.refused("no movement", "evidence", "A-reported", "o3", "--add", "T-none", "--add", extra)
    desk.refused("there already", "evidence", "A-reported", "o3", "--add", second)
    desk.refused("neither", "evidence", "A-reported", "o3")
    desk.act("evidence", "A-reported", "o3", "--strike", first)
    desk.act("evidence", "A-reported", "o3", "--add", extra)
    desk.shown["draft"] = desk.run("case", "narrative", desk.cases["A-reported"])
    for name, text in (("too long", "word " * 4000), ("not printable", "张伟 paid."), ("empty", " ")):
        with pytest.raises(CaseError) as refusal:
            desk.write("A-reported", text)
        desk.refusals[name] = str(refusal.value)
    desk.write("A-reported", "The first version.")
    desk.write("A-reported", "Two payments for crypto assets, of which one was a refund.")
    desk.refused("nothing to review", "approve", "A-reported", "o2")
    desk.refused("to whom", "decide", "A-reported", "o3", "--disposition", "refer")
    desk.act("decide", "A-reported", "o3", "--disposition", "report")
    desk.refused("disposed", "decide", "A-reported", "o2", "--disposition", "no_report")
    desk.refused("not built", "approve", "A-reported", "o2")
    desk.act("decide", "A-breached", "o1", "--disposition", "refer", "--refer-to", "Fraud desk")
    desk.write("A-breached", "As the reviewer would have it.", "o6")
    desk.refused("own text", "approve", "A-breached", "o6")


def _review(desk: Desk) -> None:
    """The review, what it closes, and what other programs put on the topic all the same."""
    desk.refused("own", "approve", "A-reported", "o3")
    desk.refused("waits", "evidence", "A-reported", "o3", "--strike", desk.movements["A-reported"][1])
    digest = desk.shown["disposed"]["state_digest"]
    desk.refused("not as seen", "approve", "A-reported", "o2", "--seen", digest[::-1])
    desk.act("approve", "A-reported", "o2", "--seen", digest)
    desk.refused("closed", "assign", "A-reported", "o1", "--to", "o4")
    desk.act("note", "A-reported", "o3")
    desk.smuggle("approved", "A-breached", "o1")
    desk.smuggle("evidence_added", "A-breached", "o1", transactions=[{"transaction_id": "T-none"}])
    desk.smuggle("approved", "A-breached", "o2", seen="Something else.", narrative="What only the approval tells.")
    desk.smuggle("disposed", "A-reported", "o1", disposition="no_report")
    desk.smuggle("noted", "A-noted", "o1", reason="Nothing.")
    desk.act("reopen", "A-reported", "o4")
    desk.act("decide", "A-reported", "o3", "--disposition", "report")


def _settle(desk: Desk) -> None:
    """Another officer than the one who broke a rule says that he has seen it."""
    found = {each["rule"]: each for each in desk.run("case", "violations")}
    for name, rule, officer in (
        *(("by himself", "case_closed", "o1"), ("outgrown", "changed_since_approval", "o4")),
        *(("settled", "case_closed", "o4"), ("no violation", "none", "o4")),
    ):
        case, act = (found[rule][key] if rule in found else "none" for key in ("case_id", "decision_id"))
        command = ("case", "settle", case, act, "--officer", officer, "--reason", "Talked it over.")
        if name == "settled":
            desk.run(*command)
            continue
        with pytest.raises(CaseError) as refusal:
            desk.run(*command)
        desk.refusals[name] = str(refusal.value)


@pytest.fixture(scope="module")
def replayed(desk: Desk, make_lake: MakeLake) -> BuiltLake:
    """An empty lake that lands the same topics from their beginning and is built once."""
    again = replace(desk, lake=_reading(make_lake(), desk.kafka))
    again.build(*EVERYTHING)
    return again.lake


def test_what_a_case_does_not_allow_is_refused_with_its_rule(desk: Desk) -> None:
    told = {name: text.rpartition("(")[2].rstrip(")") for name, text in desk.refusals.items()}
    for name in (
        *("too long", "not printable", "empty", "no reason", "not as seen"),
        *("by himself", "outgrown", "no violation", "struck already"),
    ):
        del told[name]
    assert told | {"not built": "", "there already": "", "neither": "", "to whom": ""} == {
        "to nobody": "assigned_to_nobody",
        "no movement": "evidence_without_movement",
        "there already": "",
        "neither": "",
        "nothing to review": "review_without_disposal",
        "to whom": "",
        "disposed": "awaiting_review",
        "not built": "",
        "own": "four_eyes",
        "own text": "own_narrative",
        "waits": "awaiting_review",
        "closed": "case_closed",
    }
    assert "T-none is not in the lake's last build" in desk.refusals["no movement"]
    assert "is in evidence already" in desk.refusals["there already"]
    assert "Run 'vigil build', look at the case again" in desk.refusals["not built"]
    assert "another officer must review" in desk.refusals["own"]
    assert "--reason is empty" in desk.refusals["no reason"]
    assert "look at it again" in desk.refusals["not as seen"]
    assert "is not in evidence" in desk.refusals["struck already"]
    assert "another officer settles it" in desk.refusals["by himself"]
    assert "'vigil case approve' ends that" in desk.refusals["outgrown"]
    assert "is no open violation" in desk.refusals["no violation"]


def test_show_tells_the_case_whole(desk: Desk) -> None:
    case = desk.shown["disposed"]
    first, second = desk.movements["A-reported"]
    extra = desk.movements["A-noted"][-1]
    assert (case["status"], case["assigned_to"], case["disposition"]) == ("disposed", "o3", "report")
    assert (case["amount"], case["transaction_count"]) == ("2570.0000", 2)
    assert {each["transaction_id"]: each["is_in_evidence"] for each in case["evidence"]} == {
        first: False,
        second: True,
        extra: True,
    }
    assert [alert["scenario_id"] for alert in case["alerts"]] == ["crypto_ramp"]
    assert [act["act"] for act in case["history"]] == [
        *("assigned", "evidence_struck", "evidence_added", "narrated", "narrated", "disposed"),
    ]
    assert [each["case_id"] for each in desk.shown["of o3"]] == [desk.cases["A-reported"]]


def test_the_narrative_is_drafted_before_a_decision_and_then_as_last_written(desk: Desk) -> None:
    draft = desk.shown["draft"]
    assert draft["version"] is None
    assert "2 movements of USD 5,000.00 in all" in draft["narrative"]
    assert "approved the report" not in draft["narrative"]
    assert desk.shown["written"]["version"] == 2
    assert desk.shown["written"]["narrative"] == "Two payments for crypto assets, of which one was a refund."
    assert [act["narrative_version"] for act in desk.shown["disposed"]["history"][3:5]] == [1, 2]


def test_a_text_that_a_filing_cannot_carry_is_not_stored(desk: Desk) -> None:
    assert "fincen-sar FS-602" in desk.refusals["too long"]
    assert "goaml-5.0.1-str GA-601" in desk.refusals["too long"]
    assert "fincen-sar FS-604" in desk.refusals["not printable"]
    assert "goaml" not in desk.refusals["not printable"]
    assert "fincen-sar FS-601" in desk.refusals["empty"]
    assert "goaml-5.0.1-str GA-108" in desk.refusals["empty"]


def test_what_was_smuggled_in_has_no_effect_and_is_named(desk: Desk) -> None:
    assert desk.shown["approved"]["status"] == "disposed"
    assert [(act["act"], act["violated_rule"]) for act in desk.shown["history"]] == [
        ("disposed", None),
        ("narrated", None),
        ("approved", "four_eyes"),
        ("evidence_added", "evidence_without_movement"),
        ("approved", None),
    ]
    assert {each["rule"] for each in desk.shown["violations"]} == {
        *("four_eyes", "evidence_without_movement", "changed_since_approval"),
    }
    assert {each["rule"] for each in desk.shown["all violations"]} - {
        each["rule"] for each in desk.shown["violations"]
    } == {"case_closed"}
    assert all(each["raises_alarm"] for each in desk.shown["violations"])


def test_an_approval_of_what_the_case_is_not_approves_nothing(desk: Desk) -> None:
    found = desk.lake.rows(
        "select status, narrative, changed_since_approval from lake.str.cases where subject_id = 'A-breached'"
    )
    assert found == [("disposed", "As the reviewer would have it.", True)]


def test_a_text_that_was_dropped_is_not_told(desk: Desk) -> None:
    found = desk.lake.rows("select narrative, narrative_version from lake.str.cases where subject_id = 'A-noted'")
    assert found == [(None, None)]


def test_the_deadline_runs_from_the_first_determination(desk: Desk) -> None:
    (deadline,) = [each for each in desk.shown["deadlines"] if each["case_id"] == desk.cases["A-reported"]]
    first = datetime.fromisoformat(desk.shown["approved"]["history"][5]["decided_at"])
    ((day,),) = desk.lake.rows(
        f"select timezone('America/New_York', timezone('UTC', timestamp '{first.replace(tzinfo=None)}'))::date"
    )
    assert deadline["report"] == "SAR"
    assert date.fromisoformat(deadline["started_on"]) == day
    assert (date.fromisoformat(deadline["due_day"]) - day).days == 30


@pytest.mark.parametrize("query", SAME.values(), ids=SAME)
def test_an_empty_lake_that_lands_the_topics_shows_the_same(query: str, desk: Desk, replayed: BuiltLake) -> None:
    found = desk.lake.rows(query)
    assert found
    assert replayed.rows(query) == found


def test_and_files_the_same(desk: Desk, replayed: BuiltLake) -> None:
    desk.build()
    case = desk.cases["A-reported"]
    with pytest.MonkeyPatch.context() as patch:
        for name, value in _environment(desk.lake).items():
            patch.setenv(name, value)
        desk.act("approve", "A-reported", "o2")
    desk.build()
    replace(desk, lake=replayed).build()
    for profile in names("case"):
        assert _filed(desk.lake, case, profile) == _filed(replayed, case, profile)


def _filed(lake: BuiltLake, case_id: str, profile: str) -> bytes:
    with connect(lake.settings, read_only=True) as connection:
        file = read_case(connection, case_id, lake.newest())
    return etree.tostring(compose(load(profile), file, "REF-1", narrative(file))[0])


def _event(event: Event) -> dict[str, Any]:
    """The event as it is sent, its times in UTC."""
    named = {each.name for each in contract_for(event.topic).fields}
    return {
        name: value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
        for name, value in event.row.items()
        if name in named
    }


def _reading(lake: BuiltLake, kafka: str) -> BuiltLake:
    """The lake with a broker, and a day that stands for today whenever the test runs."""
    settings = lake.settings.model_copy(update={"kafka_bootstrap_servers": kafka, "today": datetime.now(UTC).date()})
    with connect(settings) as connection:
        prepare(connection, contracts.load().values())
    return replace(lake, settings=settings)


def _environment(lake: BuiltLake) -> dict[str, str]:
    settings = lake.settings
    assert settings.catalog
    assert settings.kafka_bootstrap_servers
    return {
        "VIGIL_HOME": str(settings.home),
        "VIGIL_DATA_PATH": settings.lake_data_path,
        "VIGIL_CATALOG": settings.catalog,
        "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
    }
