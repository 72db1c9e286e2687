"""A bank for trying things out: it lives, launders in places known only to the truth, and replays published data."""

from simulator.bank import START, Simulation, read_truth, simulate
from simulator.officers import as_messages, decide
from simulator.producer import produce
from simulator.replay_amlgentex import amlgentex
from simulator.replay_amlsim import amlsim
from simulator.replay_watchlists import watchlists

__all__ = [
    "START",
    "Simulation",
    "amlgentex",
    "amlsim",
    "as_messages",
    "decide",
    "produce",
    "read_truth",
    "simulate",
    "watchlists",
]
