"""What a test takes from a broker: topics, or their oldest messages."""

from conditions import wait_until
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient


def delete_records(bootstrap_servers: str, topic: str, before: int) -> int:
    """Delete what the topic's first partition has before an offset; returns the first that is left."""
    with AdminClient({"bootstrap.servers": bootstrap_servers}) as admin:
        partition = TopicPartition(topic, 0, before)
        low: int = admin.delete_records([partition])[partition].result(30).low_watermark
    return low


def delete_topics(bootstrap_servers: str, *names: str) -> None:
    """Delete those of ``names`` that exist; on return the broker knows none of them."""
    with AdminClient({"bootstrap.servers": bootstrap_servers}) as admin:
        there = [name for name in names if name in admin.list_topics(timeout=10).topics]
        for deleted in admin.delete_topics(there).values() if there else ():
            deleted.result(30)
        wait_until(lambda: not set(names) & set(admin.list_topics(timeout=10).topics), "the topics are gone")
