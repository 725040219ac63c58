"""AWS on this machine, and a queue that receives what an SNS topic sends, as a subscribed mailbox does."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import boto3
from moto.server import ThreadedMotoServer

KEYS: Final[dict[str, Any]] = {
    "region_name": "eu-west-1",
    "aws_access_key_id": "test",
    "aws_secret_access_key": "test",
}


@contextmanager
def moto() -> Iterator[str]:
    """The address of moto's server; all servers of a process share one memory."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()
        server._server.server_close()


@dataclass(frozen=True)
class Mailbox:
    """A topic and the queue that is subscribed to it."""

    sns: Any
    sqs: Any
    topic: str
    queue: str

    @classmethod
    def open(cls, url: str, *, name: str) -> "Mailbox":
        """A new topic at this address, and its queue."""
        sns: Any = boto3.client("sns", endpoint_url=url, **KEYS)
        sqs: Any = boto3.client("sqs", endpoint_url=url, **KEYS)
        topic = sns.create_topic(Name=name)["TopicArn"]
        queue = sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        return cls(sns, sqs, topic, queue)

    def received(self) -> list[dict[str, Any]]:
        """What has come since the last look: SNS's envelopes, with `Subject` and `Message`."""
        found: list[dict[str, Any]] = []
        while messages := self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", []):
            for one in messages:
                found.append(json.loads(one["Body"]))
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=one["ReceiptHandle"])
        return found
