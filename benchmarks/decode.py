"""What decoding costs: CPU seconds a million messages, beside DuckDB's `from_json` on the same bytes, in one run.

    python benchmarks/decode.py [--format json avro protobuf] [--messages 100000] [--rounds 10] [--json]

One thread; the figures are the least of the rounds, which take turns. Every format has the same events. `from_json`
takes the same fields out of the JSON as text and checks nothing, the decoders also convert them and prove each message.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from functools import partial

import duckdb
import pyarrow as pa
from avro_events import avro_events
from ingest import TOPIC, transaction
from protobuf_messages import messages as protobuf_messages
from protobuf_messages import schema_of

from contracts import contract_for
from sinks.decoding.avro_decoder import AvroDecoder
from sinks.decoding.decoder import Decoder
from sinks.decoding.json_decoder import JsonDecoder
from sinks.decoding.protobuf_decoder import ProtobufDecoder
from sinks.payloads import Payloads

_FORMATS = ["json", "avro", "protobuf"]


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--format", nargs="+", choices=_FORMATS, default=_FORMATS)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    values = Payloads.of([transaction(number) for number in range(arguments.messages)])
    keys = Payloads.of([b"A%08d" % (number % 50_000) for number in range(arguments.messages)])
    contract = contract_for(TOPIC)
    decoders: dict[str, tuple[Decoder, Payloads]] = {}
    if "json" in arguments.format:
        decoders["json"] = JsonDecoder(contract), values
    if "avro" in arguments.format:
        schema, events = avro_events(contract, values.list())
        decoders["avro"] = AvroDecoder(contract, schema), Payloads.of(events)
    if "protobuf" in arguments.format:
        described = schema_of(contract)
        written = protobuf_messages(described, (transaction(number) for number in range(arguments.messages)))
        decoders["protobuf"] = ProtobufDecoder(contract, described), Payloads.of(written)
    connection = duckdb.connect(config={"threads": "1"})
    structure = json.dumps({field.name: "VARCHAR" for field in contract.fields})
    messages = pa.table({"message": values.arrow().cast(pa.string())})

    def from_json() -> None:
        connection.register("messages", messages)
        taken = "select unnest(from_json(message, $structure)) from messages"
        assert connection.execute(taken, {"structure": structure}).to_arrow_table().num_rows == arguments.messages

    def decode(decoder: Decoder, written: Payloads) -> None:
        assert decoder.decode(written, keys).table.num_rows == arguments.messages

    ways: dict[str, Callable[[], None]] = {name: partial(decode, *each) for name, each in decoders.items()}
    if "json" in decoders:
        ways["from_json alone"] = from_json
    least = dict.fromkeys(ways, float("inf"))
    for way in ways.values():
        way()
    for _ in range(arguments.rounds):
        for name, way in ways.items():
            began = time.process_time()
            way()
            least[name] = min(least[name], time.process_time() - began)
    report = {name: round(seconds * 1_000_000 / arguments.messages, 2) for name, seconds in least.items()}
    print(
        json.dumps(report)
        if arguments.json
        else "\n".join(f"{name}: {s} CPU s a million" for name, s in report.items())
    )


if __name__ == "__main__":
    main()
