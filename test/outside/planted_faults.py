"""The worker of examples/worker with one planted fault, the one that PLANTED_FAULT names: each shows what a check is for."""
import os
import sys
import uuid

import worker as good
from worker import Line, Order, Refused, Worker


class NeverAnswers(Worker):
    def store(self, order):
        while True:
            good.time.sleep(60)


class NeverAnswersRecalls(Worker):
    def take(self, body):
        if b"recall-copy" not in body:
            super().take(body)


class SaysNothingAtFirst(Worker):
    def event(self, order, kind, **fields):
        event = super().event(order, kind, **fields)
        return {**event, "unsent": True} if kind == "copy-accepted" else event


class AnswersDifferently(Worker):
    """Of a command that comes again it knows that it did it, not what came of it."""

    def take(self, body):
        order = Order(self.understood(body))
        known = self.orders.get(order.key)
        if known and known.end and known.end["type"] == "archival.copy-stored.v1" and order.does == "store":
            why = {"code": "worker.done-already", "message": "It was done before.", "fault": "user"}
            self.events.append(self.event(order, "copy-failed", **why))
        else:
            super().take(body)


class DoesItAgain(Worker):
    def take(self, body):
        order = Order(self.understood(body))
        known = self.orders.get(order.key)
        if known and known.end and known.end["type"] == "archival.copy-stored.v1" and order.does == "store":
            del self.orders[order.key]
            self.storage.remove(order.archive_id)
        super().take(body)


class AnswersTheFirstAttempt(Worker):
    def event(self, order, kind, **fields):
        event = super().event(order, kind, **fields)
        event["data"]["attempt"] = event["sequence"] = 1
        return event


class AcceptsTheNextAttempt(Worker):
    def event(self, order, kind, **fields):
        event = super().event(order, kind, **fields)
        if kind == "copy-accepted":
            event["data"]["attempt"] = event["sequence"] = order.attempt + 1
        return event


class NoProgress(Worker):
    def watched(self, order, chunks):
        order.told = float("inf")
        return super().watched(order, chunks)


class SaysNothingWhileItWaits(Worker):
    """What has not begun is silent."""

    def say_what_waits(self, now):
        pass


class IgnoresCancel(Worker):
    """What runs, runs."""

    def check(self, order):
        if good.threading.current_thread() is good.threading.main_thread() or order.does == "cancel":
            super().check(order)


class CancelsOneAttempt(Worker):
    """What runs for an earlier attempt of the same order goes on."""

    def is_cancelled(self, order):
        return self.cancelled.get(order.id, 0) == order.attempt


class ForgetsEarlyCancel(Worker):
    """It answers, and does it all the same when it comes."""

    def take(self, body):
        order = Order(self.understood(body))
        known = self.orders.get(order.key)
        if order.does != "cancel" and known and known.does == "cancel":
            del self.orders[order.key], self.cancelled[order.id]
        super().take(body)


class CancelsWhatIsDone(Worker):
    def take(self, body):
        order = Order(self.understood(body))
        known = self.orders.get(order.key)
        if order.does == "cancel" and known and known.does == "store" and known.end:
            if known.end["type"] == "archival.copy-stored.v1":
                self.storage.remove(order.archive_id)
                self.finish(known, "copy-cancelled")
                return
        super().take(body)


class TrustsTheOrder(Worker):
    """It says what it was told, and looks at no byte of what it stored."""

    def read_back(self, order, path):
        return order.wanted if order.does == "store" else super().read_back(order, path)


class TrustsTheMedium(Worker):
    """It looks whether a copy is there, not at its bytes."""

    def verify(self, order):
        if self.storage.path_of(order.archive_id).exists():
            return "copy-verified", *order.wanted
        return super().verify(order)


class HandsOutDamage(Worker):
    def compare(self, order, code, found, again=False):
        return found if order.does == "recall" else super().compare(order, code, found, again)


class KeepsParts(Worker):
    """A link that ends is the end of the copy."""

    def download(self, order):
        try:
            yield from super().download(order)
        except Refused as why:
            if why.code != "worker.link-broke":
                raise

    def compare(self, order, code, found, again=False):
        if order.does == "store" and found[0] < order.wanted[0]:
            return found
        return super().compare(order, code, found, again)


class GivesUpOnLinks(Worker):
    """It does not say that a fresh link helps."""

    def fail(self, order, why):
        if why.code == "worker.link-refused" and order.does == "recall":
            why.again = False
        super().fail(order, why)


class RemovesAnything(Worker):
    def good_copy(self, order):
        return order.wanted if order.does == "remove" else super().good_copy(order)


class KeepsRemoved(Worker):
    def remove(self, order):
        self.good_copy(order) if self.storage.path_of(order.archive_id).exists() else None
        return ("copy-removed",)


class MixesNames(Worker):
    def __init__(self, target, storage, *rest):
        exact = storage.path_of
        storage.path_of = lambda name: exact(name.replace(" ", "_"))
        super().__init__(target, storage, *rest)


class SpeaksForOthers(Worker):
    def event(self, order, kind, **fields):
        event = super().event(order, kind, **fields)
        event["data"]["target"] = "somebody-else"
        return event


class OddTimes(Worker):
    """Times for people only."""

    def event(self, order, kind, **fields):
        event = super().event(order, kind, **fields)
        return {**event, "time": "just now"}


class ChangesItsStory(Worker):
    """The id of an event stands for the order."""

    def event(self, order, kind, **fields):
        return {**super().event(order, kind, **fields), "id": str(uuid.uuid5(uuid.NAMESPACE_URL, order.id))}


class DiesOnRubbish(Worker):
    def understood(self, body):
        try:
            return super().understood(body)
        except good.NotUnderstood as why:
            print("died:", why, file=sys.stderr, flush=True)
            os._exit(1)


class ForgetsAfterRestart(Worker):
    """Only what is open outlives it."""

    def remember(self):
        super().remember()
        for order in list(self.orders.values()):
            if order.end:
                del self.orders[order.key]

    def store(self, order):
        path = self.storage.path_of(order.archive_id)
        path.unlink(missing_ok=True)
        return super().store(order)


class AcknowledgesFirst(Worker):
    """Orders are in memory only until they are done."""

    def __init__(self, target, storage, journal, *rest):
        write = journal.write
        journal.write = lambda *records: write(*(record for record in records if "command" not in record))
        super().__init__(target, storage, journal, *rest)

    def finish(self, order, kind, *found, **fields):
        write = type(self.journal).write
        write(self.journal, {"command": order.command})
        super().finish(order, kind, *found, **fields)


class Anonymous(Line):
    def publish(self, channel, event):
        self.account = None
        super().publish(channel, event)


class LosesEvents(Line):
    """What it has to say while the broker is away is lost."""

    def serve(self):
        wait = good.time.sleep

        def forget(seconds):
            wait(seconds + 1)
            self.worker.events.clear()

        good.time.sleep = forget
        super().serve()


class Silent(Line):
    def publish(self, channel, event):
        if not event.get("unsent"):
            super().publish(channel, event)


class Requeues(Line):
    def deliver(self, channel, tag, body):
        try:
            self.worker.take(body)
        except good.NotUnderstood:
            good.time.sleep(0.05)
            channel.basic_nack(tag, requeue=True)
        else:
            channel.basic_ack(tag)


fault = os.environ.get("PLANTED_FAULT", "")
planted = globals()[fault] if fault else Worker
if issubclass(planted, Line):
    good.main(Worker, planted)
else:
    good.main(planted, Silent)
