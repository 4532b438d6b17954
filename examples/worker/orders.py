"""What Catena asks for, and why it cannot be done."""
import sys, time

FIELDS = {"orderId": str, "target": str, "attempt": int, "pid": str, "archiveId": str, "packedSize": int, "sha256": str}
LINKS = {"store": "url", "recall": "uploadUrl", "verify": None, "remove": None, "cancel": None}  # the field with the link


def log(text):
    print(text, file=sys.stderr, flush=True)


class Refused(Exception):
    """An order that cannot be done. `again`: another try, or a fresh link, may help."""

    def __init__(self, code, message, again=False):
        super().__init__(message)
        self.code, self.again = code, again


class Cancelled(Exception):
    """Somebody does not want the order any more."""


class NotUnderstood(Exception):
    """A message that no try will ever make an order."""


class Order:
    """One attempt of an order, from its command to the event that ended it."""

    def __init__(self, command):
        self.command, self.data = command, command["data"]
        self.id, self.attempt, self.archive_id = (self.data[name] for name in ("orderId", "attempt", "archiveId"))
        self.wanted = (self.data["packedSize"], self.data["sha256"])
        self.key, self.does = (self.id, self.attempt), verb_of(command["type"])
        self.end, self.sent = None, False  # the event that ended it, and whether the broker has it
        self.told = time.monotonic()  # when it said how far it is
        self.speaks = time.monotonic() + 1  # when it says, or says again, that it waits


def verb_of(command_type):
    """archival.store-copy.v1 is "store"; nothing for what is no command to workers."""
    verb = str(command_type).removeprefix("archival.").removesuffix("-copy.v1")
    return verb if command_type == f"archival.{verb}-copy.v1" and verb in LINKS else None


def key_of(envelope):
    return envelope["data"]["orderId"], envelope["data"]["attempt"]


def naming(record):
    """What a line of the journal is about."""
    return record["sent"] if "sent" in record else key_of(record.get("command") or record["end"])
