"""An officer's act on a case, put on the decisions topic: the topic is the case's history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cases.events import send
from contracts.decisions import TOPIC


def record(bootstrap_servers: str, event: dict[str, Any], client: Mapping[str, Any] | None = None) -> tuple[int, int]:
    """Put the act on the topic and return its (partition, offset); ``client`` as for ``send``.

    Raises:
        ContractError: the act does not fit the contract.
        EventNotRecorded: the broker did not take it; nothing was decided.
    """
    return send(bootstrap_servers, TOPIC, [event], client)[0]
