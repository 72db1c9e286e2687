"""What officers decide on the cases of `typologies.bank`: each kind of act, and of act that has no effect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from landed_bank import Bank, Event, at

# What becomes of the case of each subject.
STORIES = {
    "P-splitter": "approved",
    "P-hirer": "disposed",
    "A-mule": "disposed",
    "A-rapid": "open",
    "A-fanout": "open",
    "A-funnel": "rejected",
    **{f"A-ring{member}": "candidate" for member in (1, 2, 3)},
    **dict.fromkeys(("A-pair1", "A-pair2", "A-shared1", "A-shared2"), "candidate"),
    **dict.fromkeys(("A-origin", "A-between1", "A-between2", "A-collector"), "candidate"),
    "A-hinge": "candidate",
    **dict.fromkeys((f"A-link{member}" for member in range(5)), "candidate"),
    "P-runner": "approved",
    "P-drawer": "candidate",
    "A-gatherer": "candidate",
    "P-kiosk": "candidate",
    "A-sleeper": "candidate",
    "A-grower": "candidate",
    "A-spreader": "candidate",
    "A-mirror": "candidate",
    "A-slicer": "candidate",
    "A-rounder": "candidate",
    "A-follower": "candidate",
    "A-inventor": "candidate",
    "A-tripper2": "candidate",
    "A-abroad": "candidate",
    "A-minister": "candidate",
    "A-coins": "approved",
    **dict.fromkeys(("A-giver", "A-cell4", "A-lodger4", "A-dealer", "A-loan", "A-holding"), "candidate"),
}


def on(cases: Mapping[str, str], evidence: Mapping[str, Sequence[str]]) -> list[Event]:
    """The decisions, in the order in which they are sent; by subject, the case and its movements."""
    acts = Bank()
    _investigated(acts, cases, evidence)
    acts.decide(cases["P-splitter"], "opened", "o1", at(40))
    acts.decide(cases["P-splitter"], "disposed", "o1", at(41), disposition="report", reason="Cash split over branches.")
    acts.decide(cases["P-splitter"], "narrated", "o3", at(42), narrative="What we saw.")
    acts.decide(cases["P-splitter"], "approved", "o2", at(43))
    acts.decide(cases["P-splitter"], "narrated", "o1", at(44), narrative="What nobody approved.")
    # Nobody approves what he disposed of himself, nor what he wrote himself, nor says that it does not matter.
    acts.decide(cases["P-hirer"], "disposed", "o1", at(41), disposition="report")
    own = acts.decide(cases["P-hirer"], "approved", "o1", at(42))
    acts.decide(cases["P-hirer"], "narrated", "o2", at(43), narrative="As the reviewer would have it.")
    written = acts.decide(cases["P-hirer"], "approved", "o2", at(44))
    acts.decide(cases["P-hirer"], "noted", "o1", at(45), settles=own)
    acts.decide(cases["P-hirer"], "noted", "o1", at(46), settles=written)
    # Approved between two alerts: the second was not seen.
    acts.decide(cases["A-mule"], "disposed", "o1", at(9, 18), disposition="report")
    acts.decide(cases["A-mule"], "approved", "o2", at(10, 9))
    acts.decide(cases["A-rapid"], "approved", "o2", at(42))
    # Dated ahead, which keeps nothing after it from having an effect.
    acts.decide(cases["A-rapid"], "disposed", "o1", at(42, 16), disposition="report", decided_at=at(400))
    acts.decide(cases["A-rapid"], "noted", "o1", at(43))
    acts.decide(cases["A-fanout"], "narrated", "o1", at(40), narrative="What was thought before.")
    acts.decide(cases["A-fanout"], "disposed", "o1", at(41), disposition="no_report")
    acts.decide(cases["A-fanout"], "opened", "o2", at(42))
    acts.decide(cases["A-fanout"], "approved", "o2", at(43))
    # A disposal without effect hides nobody: the one that stands is still that of o1.
    acts.decide(cases["A-funnel"], "disposed", "o1", at(41), disposition="report")
    acts.decide(cases["A-funnel"], "disposed", "o2", at(42))
    acts.decide(cases["A-funnel"], "approved", "o1", at(43))
    acts.decide(cases["A-funnel"], "rejected", "o2", at(44))
    # What was approved cannot be exchanged by an act that claims to be older than the approval.
    acts.decide(cases["P-runner"], "opened", "o1", at(41))
    acts.decide(cases["P-runner"], "disposed", "o1", at(42), disposition="no_report")
    acts.decide(cases["P-runner"], "approved", "o2", at(45))
    acts.decide(cases["P-runner"], "disposed", "o1", at(45, 16), disposition="report", decided_at=at(44))
    acts.decide("no such case", "opened", "o1", at(41))
    return acts.events


def _investigated(acts: Bank, cases: Mapping[str, str], evidence: Mapping[str, Sequence[str]]) -> None:
    """A case that goes through every act, to a referral, and then through all that an approved case does not allow."""
    case, (first, *_), (foreign, *_) = cases["A-coins"], evidence["A-coins"], evidence["P-runner"]

    def moved(*transaction_ids: str) -> list[dict[str, str]]:
        return [{"transaction_id": each} for each in transaction_ids]

    acts.decide(case, "opened", "o1", at(30))
    acts.decide(case, "opened", "o2", at(30, 16))
    nobody = acts.decide(case, "assigned", "o1", at(31), assigned_to=" ")
    acts.decide(case, "assigned", "o1", at(31, 16), assigned_to="o3")
    acts.decide(case, "evidence_struck", "o3", at(32), transactions=moved(first), reason="A refund.")
    acts.decide(case, "evidence_added", "o3", at(32, 16), transactions=moved(foreign), reason="The same payee.")
    acts.decide(case, "evidence_added", "o3", at(32, 17), transactions=moved(first, "no such movement"))
    acts.decide(case, "narrated", "o3", at(33), narrative="As first written.")
    acts.decide(case, "narrated", "o3", at(33, 16), narrative="As corrected.")
    acts.decide(case, "narrated", "o3", at(33, 17), narrative=" ")
    acts.decide(case, "noted", "o3", at(33, 18), settles=nobody)
    acts.decide(case, "disposed", "o3", at(34), disposition="refer", referred_to="Fraud desk", reason="No laundering.")
    acts.decide(case, "evidence_added", "o3", at(35), transactions=moved(first))
    acts.decide(case, "disposed", "o2", at(36), disposition="report")
    acts.decide(case, "approved", "o2", at(37))
    acts.decide(case, "disposed", "o1", at(38), disposition="report")
    acts.decide(case, "evidence_struck", "o1", at(38, 16), transactions=moved(foreign))
