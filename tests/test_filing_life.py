"""A filing's life by the commands, each step an event: submitted, answered, corrected; and what is no step."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from marts_lake import BuiltLake
from reporting_case import CASE, tables
from reporting_day import DAY, day_tables
from reporting_lake import reporting_lake
from typer.testing import CliRunner

from cases.events import send
from cli.main import app
from contracts import contract_for, load
from contracts.filings import TOPIC, step
from lakehouse.attach import connect
from lakehouse.snapshots import latest, record_build
from lakehouse.upkeep import keep_up
from local.topics import ensure_topics
from orchestration.environment import environment
from reports.answer import AnswerUnreadable, read_answer
from reports.errors import ReportError
from sinks import SinkConfig, run_until_caught_up

PROFILE = "fincen-sar"
_STEPS = """
    select filing_ref, status, violated_rule
    from lake.str.filing_steps
    where filing_ref like '{}%'
    order by filing_ref, step_number
"""

# What the models of these names make of str.filings.
_PRIOR = """
    update lake.rpt.rpt_str_case as cases
    set prior_filings = (
        select list({
            'profile': profile, 'filing_ref': filing_ref, 'corrects': corrects,
            'regulator_reference': regulator_reference, 'pin': pin
        } order by generated_at, filing_ref)
        from lake.str.filings
        where filings.case_id = cases.case_id and status in ('acknowledged', 'returned', 'corrected')
    )
"""
_DAYS = """
    insert into lake.rpt.rpt_ctr_filing
    select business_day, filing_ref, profile, corrects, regulator_reference, pin
    from lake.str.filings
    where business_day is not null and status in ('acknowledged', 'returned', 'corrected')
"""


@dataclass(frozen=True)
class Site:
    """A site with an approved case; ``reference`` is one that no other test uses, since all share the topic."""

    lake: BuiltLake
    kafka: str
    reference: str

    def vigil(self, *arguments: str) -> Any:
        """What the command prints with --json; its error is raised."""
        done = CliRunner().invoke(app, [*arguments, "--json"], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    def fold(self) -> None:
        """Land what was sent, and build what tells of filings."""
        config = SinkConfig(topics=(TOPIC,), group=uuid.uuid4().hex)
        run_until_caught_up(config, self.lake.settings, contracts={TOPIC: contract_for(TOPIC)})
        self.lake.dbt(self.lake.newest(), "run", "--select", "stg_filing_events", "filing_steps", "filings")

    def build(self) -> None:
        """As ``fold``, and let what filings are made from tell it, as a build that ended well."""
        self.fold()
        with connect(self.lake.settings) as connection:
            connection.execute(_PRIOR)
            connection.execute("delete from lake.rpt.rpt_ctr_filing")
            connection.execute(_DAYS)
            record_build(connection, latest(connection), datetime(2026, 3, 14))

    def holds(self, filing_ref: str) -> None:
        """Make sure that the filing is verified."""
        verified = self.vigil("verify", filing_ref)
        assert {check["name"]: check["held"] for check in verified["checks"]} == {
            "files": True,
            "made again": True,
            "trace": True,
            "seals": True,
        }

    def take(self, filing_ref: str, number: str) -> None:
        """Submit the filing, and let the regulator take it."""
        self.vigil("file", "submit", filing_ref, "--officer", "O-1")
        self.fold()
        self.vigil("file", "acknowledge", filing_ref, "--officer", "O-1", "--number", number)

    def state(self, filing_ref: str | None = None) -> dict[str, Any]:
        """The filing's row of str.filings."""
        with connect(self.lake.settings, read_only=True) as connection:
            cursor = connection.execute(
                "select * from lake.str.filings where filing_ref = ?", [filing_ref or self.reference]
            )
            names = [column[0] for column in cursor.description or []]
            (row,) = cursor.fetchall()
        return dict(zip(names, row, strict=True))

    def steps(self) -> list[tuple[Any, ...]]:
        """Reference, step and violated rule of everything sent under this site's references."""
        return self.lake.rows(_STEPS.format(self.reference))


@pytest.fixture
def site(kafka: str, catalog: tuple[str, Path], tmp_path: Path) -> Iterator[Site]:
    """A site whose filing was made and whose first step has landed."""
    ensure_topics(kafka, dict.fromkeys(load(), 1))
    with reporting_lake(catalog, tmp_path, {**tables(), **day_tables()}) as (connection, settings):
        connection.close()
        reached = settings.model_copy(update={"kafka_bootstrap_servers": kafka})
        made = Site(BuiltLake(reached, tmp_path / "dbt"), kafka, f"T-{uuid.uuid4().hex[:12]}")
        with environment(reached):
            made.vigil("file", "generate", CASE, "--profile", PROFILE, "--reference", made.reference)
            made.build()
            yield made


def refused(work: Callable[..., Any], *arguments: str) -> str:
    """What the command says when it refuses."""
    with pytest.raises(ReportError) as error:
        work(*arguments)
    return str(error.value)


def test_returned_corrected_and_acknowledged(site: Site, tmp_path: Path) -> None:
    made = site.state()
    assert (made["status"], made["case_id"], made["retain_until"]) == ("generated", CASE, date(2031, 3, 12))
    assert "only once it is submitted" in refused(
        site.vigil, "file", "acknowledge", site.reference, "--officer", "O-1", "--number", "31000000000001"
    )
    site.vigil("file", "submit", site.reference, "--officer", "O-1")
    site.fold()
    state = site.state()
    assert (state["status"], state["submitted_by"]) == ("submitted", "O-1")
    assert state["retain_until"] == date.today().replace(year=date.today().year + 5) or date.today().day == 29
    assert "only once it is generated" in refused(site.vigil, "file", "submit", site.reference, "--officer", "O-1")

    site.vigil("file", "return", site.reference, "--officer", "O-1", "--error", "TotalSuspiciousAmountText: too high")
    site.fold()
    shown = site.vigil("file", "show", site.reference)
    assert shown["state"]["status"] == "returned"
    (error,) = shown["errors"]
    assert error["message"] == "too high"
    assert error["element"].endswith("/SuspiciousActivity/TotalSuspiciousAmountText")
    assert error["value"] == "73101"
    assert error["events"] == len(tables()["rpt_str_transaction"])

    assert "is generated at snapshot" in refused(site.vigil, "file", "correct", site.reference, "--officer", "O-1")
    site.build()
    (correction,) = site.vigil("file", "correct", site.reference, "--officer", "O-1")
    assert site.vigil("file", "correct", site.reference, "--officer", "O-1") == [correction]
    assert correction["filing_ref"] == f"{site.reference}-C1"
    site.fold()
    assert (site.state()["status"], site.state()["corrected_by"]) == ("corrected", correction["filing_ref"])
    assert site.state(correction["filing_ref"])["corrects"] == site.reference

    site.vigil("file", "submit", correction["filing_ref"], "--officer", "O-1")
    site.fold()
    answer = tmp_path / "answer.json"
    answer.write_text(json.dumps({"reference": "31000000000007"}))
    site.vigil("file", "acknowledge", correction["filing_ref"], "--officer", "O-1", "--answer", str(answer))
    site.fold()
    state = site.state(correction["filing_ref"])
    assert (state["status"], state["regulator_reference"]) == ("acknowledged", "31000000000007")
    assert [(status, rule) for _, status, rule in site.steps() if rule] == [("corrected", "out_of_turn")]
    site.holds(correction["filing_ref"])


def test_a_correction_of_a_taken_report_amends_it_although_more_has_moved(site: Site) -> None:
    site.take(site.reference, "31000000000007")
    site.fold()
    assert "is generated at snapshot" in refused(site.vigil, "file", "correct", site.reference, "--officer", "O-1")
    site.build()
    with connect(site.lake.settings) as connection:
        connection.execute(
            "insert into lake.rpt.rpt_str_transaction "
            "select * replace ('T-LATER' as transaction_id, booked_at + interval 1 day as booked_at) "
            "from lake.rpt.rpt_str_transaction order by booked_at desc limit 1"
        )
        connection.execute(
            "update lake.rpt.rpt_str_case set activity_to = activity_to + 1, amount = "
            "(select sum(base_amount) from lake.rpt.rpt_str_transaction)"
        )
        record_build(connection, latest(connection), datetime(2026, 3, 14))
    (further,) = site.vigil("file", "generate", CASE, "--profile", PROFILE, "--reference", f"{site.reference}-2")
    assert b"<fc2:ContinuingActivityReportIndicator>Y<" in Path(further["path"]).read_bytes()
    (correction,) = site.vigil("file", "correct", site.reference, "--officer", "O-1")
    told = Path(correction["path"]).read_bytes()
    assert b"<fc2:CorrectsAmendsPriorReportIndicator>Y<" in told
    assert b"<fc2:EFilingPriorDocumentNumber>31000000000007<" in told
    assert b"ContinuingActivity" not in told


def test_what_is_no_step_is_told_and_changes_nothing(site: Site) -> None:
    sha256, now = site.state()["sha256"], datetime.now(UTC)

    def told(filing_ref: str, status: str, sha256: str, **more: Any) -> dict[str, Any]:
        return step(filing_ref, PROFILE, status, sha256, now, case_id=CASE, **more)

    send(
        site.kafka,
        TOPIC,
        [
            told(site.reference, "acknowledged", sha256, regulator_reference="1"),
            told(site.reference, "submitted", "another"),
            told(site.reference, "generated", "another"),
            told(site.reference, "corrected", sha256),
            told(f"{site.reference}-X", "submitted", sha256),
        ],
    )
    site.fold()
    assert site.state()["status"] == "generated"
    assert site.steps() == [
        (site.reference, "generated", None),
        (site.reference, "acknowledged", "out_of_turn"),
        (site.reference, "submitted", "submitted_otherwise"),
        (site.reference, "generated", "generated_otherwise"),
        (site.reference, "corrected", "out_of_turn"),
        (f"{site.reference}-X", "submitted", "never_generated"),
    ]
    site.vigil("file", "submit", site.reference, "--officer", "O-1")
    site.fold()
    assert site.state()["status"] == "submitted"
    # What came out of turn counts once it is sent in turn.
    site.vigil("file", "acknowledge", site.reference, "--officer", "O-1", "--number", "1")
    site.fold()
    assert (site.state()["status"], site.state()["regulator_reference"]) == ("acknowledged", "1")
    site.vigil("file", "return", site.reference, "--officer", "O-1", "--error", "RawCityText: unknown")
    site.fold()
    assert (site.state()["status"], site.state()["regulator_reference"]) == ("returned", None)


def test_a_field_leads_to_its_events(site: Site) -> None:
    rows = site.vigil("trace", site.reference, "--field", "TotalSuspiciousAmountText")
    assert {(row["value"], row["topic"]) for row in rows} == {("73101", "bank.transactions")}
    assert [(row["partition"], row["offset"]) for row in rows] == sorted(
        (row["_partition"], row["_offset"]) for row in tables()["rpt_str_transaction"]
    )
    assert {row["commit_id"] for row in rows} == {f"commit-{number}" for number in range(4)}
    assert "it has" in refused(site.vigil, "trace", site.reference, "--field", "Nowhere")


def test_reports_of_a_day_that_were_taken_are_amended_by_their_numbers(site: Site) -> None:
    day = f"{site.reference}-DAY"
    site.vigil("file", "generate", "--day", f"{DAY}", "--profile", "fincen-ctr", "--reference", day)
    site.fold()
    site.vigil("file", "submit", day, "--officer", "O-1")
    site.fold()
    site.vigil("file", "return", day, "--officer", "O-1", "--error", "RawCityText: unknown")
    site.fold()
    # The regulator takes it after all.
    one = ("file", "acknowledge", day, "--officer", "O-1", "--number", "31000000000001")
    assert "holds 2 reports, and 1 numbers" in refused(site.vigil, *one)
    site.vigil("file", "acknowledge", day, "--officer", "O-1", "--number", "31000000000001 31000000000002")
    site.fold()
    assert site.state(day)["regulator_reference"] == "31000000000001 31000000000002"
    site.build()
    assert "nothing to correct" in refused(site.vigil, "file", "correct", day, "--officer", "O-1")
    with connect(site.lake.settings) as connection:
        connection.execute("update lake.rpt.rpt_ctr_person set tax_id = '123-45-6780' where person_number = 1")
        record_build(connection, latest(connection), datetime(2026, 3, 14))
    (correction,) = site.vigil("file", "correct", day, "--officer", "O-1")
    assert (correction["filing_ref"], correction["gone"]) == (f"{day}-C1", [])
    told = Path(correction["path"]).read_bytes()
    assert told.count(b"<fc2:EFilingPriorDocumentNumber>") == told.count(b"<fc2:Activity ") == 2
    site.holds(correction["filing_ref"])


def test_it_is_verified_after_everything_that_may_go_is_gone(site: Site) -> None:
    site.vigil("seal")
    pin = site.state()["pin"]
    with connect(site.lake.settings) as connection:
        # A later build, and years.
        connection.execute("create or replace table lake.rpt.rpt_str_party as select * from lake.rpt.rpt_str_party")
        record_build(connection, latest(connection), datetime(2029, 1, 1))
        done = keep_up(
            connection,
            "test",
            datetime(2031, 3, 12),
            keep=timedelta(0),
            readers=timedelta(0),
            enough=2,
            schemas=None,
        )
        assert done is not None
        assert done.expired_snapshots
        assert done.flushed_rows
        kept = [number for (number,) in connection.execute("select snapshot_id from lake.snapshots()").fetchall()]
        assert kept[0] == pin
    verified = site.vigil("verify", site.reference, "--seals")
    assert all(check["held"] for check in verified["checks"]), verified
    assert verified["broken"] == []
    (movement,) = [row for row in tables()["rpt_str_transaction"] if row["transaction_id"] == "T-0002"]
    with connect(site.lake.settings) as connection:
        connection.execute(
            "update lake.landing.bank_transactions set debtor_name = 'Nobody' where transaction_id = 'T-0002'"
        )
    told = CliRunner().invoke(app, ["verify", site.reference, "--json"])
    assert told.exit_code == 1
    held = {check["name"]: check for check in json.loads(told.stdout)["checks"]}
    # The figures stand; but the row is not the one that was sealed.
    assert [name for name, check in held.items() if not check["held"]] == ["seals"]
    assert f"bank.transactions/{movement['_partition']}@" in held["seals"]["detail"]


def test_an_altered_file_is_not_submitted(site: Site) -> None:
    (filing,) = site.vigil("file", "list")
    path = Path(filing["path"])
    path.write_bytes(path.read_bytes().replace(b"73101", b"73102"))
    assert "SHA-256" in refused(site.vigil, "file", "submit", site.reference, "--officer", "O-1")
    done = CliRunner().invoke(app, ["verify", site.reference, "--json"])
    assert done.exit_code == 1
    held = {check["name"]: check["held"] for check in json.loads(done.stdout)["checks"]}
    assert held == {"files": False, "made again": False, "trace": False, "seals": True}


ACKNOWLEDGEMENT = """<?xml version="1.0"?>
<EFilingBatchXML StatusCode="A" SeqNum="1" xmlns="www.fincen.gov/base"><EFilingSubmissionXML StatusCode="A" SeqNum="2">
  <EFilingActivityXML SeqNum="3"><BSAID>31000000000001</BSAID>
    <EFilingActivityErrorXML SeqNum="4">
      <ErrorContextText>EFilingBatchXML/Activity[1]/Party[9]/Address[12]/RawCityText</ErrorContextText>
      <ErrorElementNameText>RawCityText</ErrorElementNameText><ErrorLevelText>WARN</ErrorLevelText>
      <ErrorText>The city is not known</ErrorText><ErrorTypeCode>B1</ErrorTypeCode></EFilingActivityErrorXML>
    <EFilingActivityErrorXML SeqNum="5"><ErrorContextText>EFilingBatchXML/Activity[1]</ErrorContextText>
      <ErrorElementNameText>Activity</ErrorElementNameText><ErrorLevelText>WARN</ErrorLevelText>
      <ErrorText>The sums differ</ErrorText></EFilingActivityErrorXML>
  </EFilingActivityXML>
  <EFilingActivityXML SeqNum="6"><BSAID>31000000000002</BSAID><EFilingActivityErrorXML SeqNum="7"/></EFilingActivityXML>
</EFilingSubmissionXML></EFilingBatchXML>"""


ACCEPTED = 'StatusCode="A"'


@pytest.mark.parametrize(
    ("content", "accepted"),
    [
        (ACKNOWLEDGEMENT, True),
        (ACKNOWLEDGEMENT.replace(f'{ACCEPTED} SeqNum="2"', 'StatusCode="R" SeqNum="2"'), False),
        (ACKNOWLEDGEMENT.replace(ACCEPTED, 'StatusCode="R"'), False),
        (ACKNOWLEDGEMENT.replace(ACCEPTED, ""), None),
    ],
)
def test_what_was_accepted_with_warnings_is_told_from_what_was_not(
    tmp_path: Path, content: str, accepted: bool | None
) -> None:
    path = tmp_path / "ack.xml"
    path.write_text(content)
    assert read_answer(path).accepted is accepted


def test_an_answer_is_recorded_as_what_it_is(site: Site, tmp_path: Path) -> None:
    taken, refused_batch = tmp_path / "taken.xml", tmp_path / "refused.xml"
    taken.write_text(ACKNOWLEDGEMENT)
    refused_batch.write_text(ACKNOWLEDGEMENT.replace(ACCEPTED, 'StatusCode="R"'))
    answered = (site.reference, "--officer", "O-1", "--answer")
    assert "did not accept" in refused(site.vigil, "file", "acknowledge", *answered, str(refused_batch))
    assert "accepted the filing" in refused(site.vigil, "file", "return", *answered, str(taken))


@pytest.mark.parametrize(
    ("name", "content", "reference", "errors"),
    [
        (
            "ack.xml",
            ACKNOWLEDGEMENT,
            "31000000000001 31000000000002",
            [
                {"field": "RawCityText[@SeqNum='12']", "message": "WARN B1: The city is not known"},
                {"field": "Activity[1]", "message": "WARN: The sums differ"},
            ],
        ),
        ("errors.csv", "\ufefffield,message\nlast_name,empty\n", None, [{"field": "last_name", "message": "empty"}]),
        ("answer.csv", "reference,field,message\nR-1,,\n", "R-1", []),
        ("answer.json", '{"errors": [{"field": "a", "message": "b"}]}', None, [{"field": "a", "message": "b"}]),
    ],
)
def test_answers_are_read(
    tmp_path: Path, name: str, content: str, reference: str | None, errors: list[dict[str, str]]
) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    told = read_answer(path)
    assert (told.reference, list(told.errors)) == (reference, errors)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.xml", "<no"),
        ("a.xml", "<nothing/>"),
        ("a.csv", "a,b\n1,2\n"),
        ("a.json", "[1]"),
        ("a.json", '{"errors": [{"field": "a"}]}'),
        ("a.pdf", "x"),
        ("a.json", "{}"),
    ],
)
def test_what_is_no_answer_is_refused(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(AnswerUnreadable, match=name):
        read_answer(path)


def test_a_missing_answer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AnswerUnreadable, match="cannot be read"):
        read_answer(tmp_path / "none.xml")
