#!/usr/bin/env python3
"""A complete outside worker of Catena: it keeps the copies of one target as files below a folder (storage.py, with orders.py).

    CATENA_BROKER_URL=amqps://broker.example.org CATENA_TARGET=university-tape \\
    CATENA_PASSWORD_FILE=/etc/catena/password CATENA_WORKER_FOLDER=/srv/copies  ./worker.py

CATENA_PREFIX is that of the installation (default: catena), CATENA_ACCOUNT the one at the broker (default:
<prefix>.worker.<target>), CATENA_WORKER_PROGRESS_SECONDS how often it says how far it is (default: 5). It needs Python 3.9
and pika (Debian: python3-pika). docs/outside-workers.md is the protocol; `catena-admin check-worker` tells what is missing.

How it works: one thread talks to the broker, so that long work never delays heartbeats; another one does the orders, one
after the other. An order is acknowledged once it stands in the journal, and what ended it stands there before it is
published. So it may be killed at any time: it goes on where the journal ends. Where it cannot write the journal it ends by
itself and says why: have it started again by a supervisor (systemd: Restart=always).
"""
import fcntl, hashlib, http.client, json, os, pathlib, queue, signal, sys, threading, time, urllib.error, urllib.request, uuid
from datetime import datetime, timedelta, timezone

import pika
import pika.exceptions
from orders import FIELDS, LINKS, Cancelled, NotUnderstood, Order, Refused, key_of, log, naming, verb_of
from storage import CHUNK, Journal, Storage

LINK_SECONDS = 60  # that a link may be silent
KEEP_DAYS = 30  # that an ended order is remembered; asked for once more after that, it is looked at anew
WAITING_SECONDS = 180  # after which an order that waits says again that it lives: Catena asks again for what is silent


class Worker:
    """What to do with commands. It knows no broker: events wait in `events` and `progress` until somebody sends them."""

    def __init__(self, target, storage, journal, progress_seconds=5.0):
        self.target, self.storage, self.journal, self.progress_seconds = target, storage, journal, progress_seconds
        self.lock = threading.RLock()
        self.orders = {}  # by order and attempt
        self.latest = {}  # the last attempt of an order, by order: earlier ones are not begun any more
        self.cancelled = {}  # the last attempt of an order that was cancelled, by order
        self.waiting = queue.Queue()
        self.events = []  # in order
        self.progress = {}  # the newest of each order is enough
        self.tidied = self.looked = 0
        self.remember()

    # --- commands come in (in the thread of the broker)

    def take(self, body):
        """When it returns, the order is written down and may be acknowledged."""
        order = Order(self.understood(body))
        with self.lock:
            known = self.orders.get(order.key)
            if order.does == "cancel" and not self.is_cancelled(order):
                self.journal.write({"command": order.command})
                self.cancelled[order.id] = order.attempt
            if known is None:
                self.journal.write({"command": order.command})
                self.know(order)
                self.begin(order)
            elif known.end:  # it came twice, or is cancelled too late: the end that happened, once more
                self.events.append(known.end)
            elif order.does != "cancel":
                self.events.append(self.event(order, "copy-accepted"))

    def understood(self, body):
        try:
            envelope = json.loads(body)
        except ValueError as error:
            raise NotUnderstood(f"Expected a CloudEvent in JSON, found {len(body)} bytes that are none: {error}.")
        data = envelope.get("data") if isinstance(envelope, dict) else None
        if not isinstance(data, dict) or not isinstance(envelope.get("id"), str):
            raise NotUnderstood("Expected a CloudEvent with id and data, found another JSON value.")
        verb = verb_of(envelope.get("type"))
        if verb is None:
            raise NotUnderstood(f"Expected to {', '.join(LINKS)} a copy, found {envelope.get('type')!r}.")
        for name, kind in {**FIELDS, **({LINKS[verb]: str} if LINKS[verb] else {})}.items():
            if type(data.get(name)) is not kind:
                raise NotUnderstood(f"Expected {name} as {kind.__name__} to {verb} a copy, found {data.get(name)!r}.")
        if data["target"] != self.target or not data["archiveId"]:
            raise NotUnderstood(f"Expected an order for {self.target} with an archiveId, found one for {data['target']!r}.")
        return envelope

    def begin(self, order):
        if order.does == "cancel":  # what it is about has not come yet: when it comes, it is cancelled
            self.finish(order, "copy-cancelled")
        elif self.is_superseded(order):
            self.fail(order, Refused("worker.old-attempt", "A later attempt came before this one."))
        else:
            self.events.append(self.event(order, "copy-accepted"))
            self.waiting.put(order)

    def know(self, order):
        self.orders[order.key] = order
        if order.does != "cancel":
            self.latest[order.id] = max(order.attempt, self.latest.get(order.id, 0))

    def is_superseded(self, order):
        return self.latest.get(order.id, 0) > order.attempt

    # --- orders are done (in the thread of the work)

    def work(self):
        while True:
            order = self.waiting.get()
            try:
                self.check(order)
                if self.is_superseded(order):  # what is done twice is done for nothing; what runs already may end
                    raise Refused("worker.old-attempt", "A later attempt came before this one was begun.")
                self.finish(order, *getattr(self, order.does)(order))
            except Cancelled:
                self.finish(order, "copy-cancelled")
            except Refused as why:
                self.fail(order, why)
            except OSError as why:  # no room, a broken disk: whoever operates this can help
                self.fail(order, Refused("worker.storage", f"Expected the storage to work, found: {why}.", True))
            except Exception as why:  # a defect of this program must not stop the orders behind
                self.fail(order, Refused("worker.defect", f"Expected the worker to work, found: {why!r}.", True))

    def store(self, order):
        """Nothing gets its name before it was read back: a crash or a cancellation leaves parts only."""
        path, part = self.storage.path_of(order.archive_id), self.storage.part_of(*order.key)
        if not path.exists() or self.read_back(order, path) != order.wanted:
            try:
                self.storage.write(part, self.download(order))
                self.compare(order, "worker.wrong-bytes", self.read_back(order, part), again=True)
                self.storage.keep(part, order.archive_id)
            finally:
                part.unlink(missing_ok=True)
        return "copy-stored", *order.wanted

    def verify(self, order):
        return "copy-verified", *self.good_copy(order)

    def recall(self, order):
        """The last piece is sent only when all of it was found good, so what is damaged never arrives whole."""
        path = self.storage.path_of(order.archive_id)
        if not path.exists() or path.stat().st_size != order.wanted[0]:
            self.good_copy(order)  # says what is wrong

        def pieces():
            digest, size, held = hashlib.sha256(), 0, b""
            for chunk in self.watched(order, self.storage.read(path)):
                digest.update(chunk)
                size += len(chunk)
                if held:
                    yield held
                held = chunk
            self.compare(order, "worker.damaged", (size, digest.hexdigest()))
            yield held

        headers = {"Content-Length": str(order.wanted[0]), "Content-Type": "application/x-tar"}
        self.ask(order, method="PUT", data=pieces(), headers=headers).close()
        return "copy-recalled", *order.wanted

    def remove(self, order):
        """Only the bytes that the order names; what is not there any more is removed."""
        if self.storage.path_of(order.archive_id).exists():
            self.good_copy(order)
            self.storage.remove(order.archive_id)
        return ("copy-removed",)

    def good_copy(self, order):
        """Size and checksum as they were read from the medium, or Refused."""
        path = self.storage.path_of(order.archive_id)
        if not path.exists():
            raise Refused("worker.no-such-copy", f"Expected a copy of {order.archive_id}, found none.")
        return self.compare(order, "worker.damaged", self.read_back(order, path))

    def compare(self, order, code, found, again=False):
        if found != order.wanted:
            raise Refused(code, f"Expected size and checksum {order.wanted}, found {found}.", again)
        return found

    def read_back(self, order, path):
        digest, size = hashlib.sha256(), 0
        for chunk in self.watched(order, self.storage.read(path)):
            digest.update(chunk)
            size += len(chunk)
        return size, digest.hexdigest()

    def download(self, order):
        with self.ask(order) as answer:
            left = order.wanted[0]
            for chunk in self.watched(order, iter(lambda: answer.read1(CHUNK), b"")):
                left -= len(chunk)
                if left < 0:
                    raise Refused("worker.wrong-bytes", f"Expected {order.wanted[0]} bytes, found more.", True)
                yield chunk
        if left > 0:
            raise Refused("worker.link-broke", f"Expected {order.wanted[0]} bytes, found {left} less.", True)

    def ask(self, order, **request):
        url = order.data[LINKS[order.does]]
        if not url.startswith(("http://", "https://")):  # Python would open files as well
            raise Refused("worker.link-refused", "Expected a link that begins with http or https.")
        try:
            return urllib.request.urlopen(urllib.request.Request(url, **request), timeout=LINK_SECONDS)
        except urllib.error.HTTPError as error:
            raise Refused("worker.link-refused", f"Expected the link to work, found {error.code} {error.reason}.", True)
        except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
            raise Refused("worker.link-broke", f"Expected the link to work, found: {error}.", True)

    def watched(self, order, chunks):
        """The same chunks; in between it hears cancellations and says how far it is."""
        done = 0
        try:
            for chunk in chunks:
                done += len(chunk)
                self.check(order)
                if time.monotonic() - order.told >= self.progress_seconds:
                    order.told = time.monotonic()
                    so_far = {"bytesDone": min(done, order.wanted[0]), "bytesTotal": order.wanted[0]}
                    self.progress[order.key] = self.event(order, "copy-progressed", **so_far)
                yield chunk
        except (http.client.HTTPException, TimeoutError, ConnectionError) as error:
            raise Refused("worker.link-broke", f"Expected the link to go on, found: {error!r}.", True)

    def check(self, order):
        if self.is_cancelled(order) and order.does != "remove":  # a removal is too short to be stopped
            raise Cancelled()

    def is_cancelled(self, order):
        """A cancellation is meant for its attempt, and for those before it."""
        return self.cancelled.get(order.id, 0) >= order.attempt

    # --- events

    def fail(self, order, why):
        fields = {"code": why.code, "message": str(why)[:2000], "fault": "system", "again": why.again}
        self.finish(order, "copy-failed", **fields)

    def finish(self, order, kind, size=None, sha256=None, **fields):
        """The one end of this attempt: from now on it is the answer, however often the order comes."""
        found = {} if size is None else {"packedSize": size, "sha256": sha256}
        end = self.event(order, kind, **found, **fields)
        self.journal.write({"end": end})
        with self.lock:
            order.end, order.sent = end, False
            self.progress.pop(order.key, None)
            self.events.append(end)
        log(f"{order.id}, attempt {order.attempt}: {kind} {fields.get('message', '')}")

    def event(self, order, kind, **fields):
        trace = order.command.get("traceparent")
        return {
            **{"specversion": "1.0", "id": str(uuid.uuid4()), "source": "/catena/worker"},
            **{"type": f"archival.{kind}.v1", "subject": order.id, "datacontenttype": "application/json"},
            "time": datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            **{"sequence": order.attempt, "partitionkey": order.id, "causationid": order.command["id"]},
            **({"traceparent": trace} if trace else {}),
            "data": {"orderId": order.id, "target": self.target, "attempt": order.attempt, **fields},
        }

    def publish_next(self, publish):
        """The ends in their order, then how far others are. What the broker did not confirm stays."""
        while self.events:
            event = self.events[0]
            publish(event)
            if event["type"] != "archival.copy-accepted.v1":
                self.journal.write({"sent": event["id"]})
                with self.lock:
                    order = self.orders.get(key_of(event))
                    if order and order.end and order.end["id"] == event["id"]:
                        order.sent = True
            self.events.pop(0)
        for key in list(self.progress):
            if event := self.progress.pop(key, None):
                publish(event)

    # --- what is to be done now and then (in the thread of the broker)

    def tick(self):
        now = time.monotonic()
        if now - self.looked >= 1:
            self.looked = now
            self.say_what_waits(now)
        if now - self.tidied >= 86400:
            self.tidied = now
            self.forget()

    def say_what_waits(self, now):
        with self.waiting.mutex:
            waiting = list(self.waiting.queue)
        with self.lock:
            for order in waiting:
                if order.end is None and now >= order.speaks and not self.is_superseded(order):
                    order.speaks = now + WAITING_SECONDS
                    so_far = {"bytesDone": 0, "bytesTotal": order.wanted[0], "reason": "waits for its turn"}
                    self.progress[order.key] = self.event(order, "copy-progressed", **so_far)

    def forget(self):
        """Ends that the broker has had for long, with all that was written of them: nothing grows for ever."""
        oldest = (datetime.now(timezone.utc) - timedelta(days=KEEP_DAYS)).isoformat()
        with self.lock:
            old = [order for order in self.orders.values() if order.end and order.sent and order.end["time"] < oldest]
            gone = {order.key: self.orders.pop(order.key).end["id"] for order in old}
            left = {order.id for order in self.orders.values()}
            self.latest = {id: attempt for id, attempt in self.latest.items() if id in left}
            self.cancelled = {id: attempt for id, attempt in self.cancelled.items() if id in left}
        forgotten = {*gone, *gone.values()}
        self.journal.keep(lambda record: naming(record) not in forgotten)

    def remember(self):
        """After a restart: ends that the broker did not confirm are sent again, orders without an end are done."""
        records = list(self.journal.read())
        sent = {record["sent"] for record in records if "sent" in record}
        for record in records:
            if "command" in record:
                order = Order(record["command"])
                if order.key not in self.orders:
                    self.know(order)
                if order.does == "cancel":
                    self.cancelled[order.id] = max(order.attempt, self.cancelled.get(order.id, 0))
            elif "end" in record:
                order = self.orders[key_of(record["end"])]
                order.end, order.sent = record["end"], record["end"]["id"] in sent
        self.forget()
        for order in self.orders.values():
            if order.end is None:
                self.events.append(self.event(order, "copy-accepted"))
                self.waiting.put(order)
            elif not order.sent:
                self.events.append(order.end)


class Line:
    """The broker: commands in, events out, again and again when the connection is lost."""

    def __init__(self, parameters, prefix, account, worker):
        self.parameters, self.prefix, self.account, self.worker = parameters, prefix, account, worker

    def serve(self):
        wait = 1
        while True:
            try:
                channel = pika.BlockingConnection(self.parameters).channel()
                channel.confirm_delivery()  # publishing waits until the broker has the event on its disk
                channel.basic_qos(prefetch_count=20)
                # Each round lasts at most this long, so that heartbeats and events never wait for commands.
                for method, _, body in channel.consume(f"{self.prefix}.worker.{self.worker.target}", inactivity_timeout=0.1):
                    wait = 1
                    if method is not None:
                        self.deliver(channel, method.delivery_tag, body)
                    self.worker.tick()
                    self.worker.publish_next(lambda event: self.publish(channel, event))
                log("the broker ended the consumer")
            except (pika.exceptions.AMQPError, OSError) as error:
                log(f"the broker is away: {error!r}; again in {wait} s")
            time.sleep(wait)
            wait = min(2 * wait, 60)

    def deliver(self, channel, tag, body):
        try:
            self.worker.take(body)
        except NotUnderstood as why:
            log(f"refused a message: {why}")
            channel.basic_nack(tag, requeue=False)  # it would come back for ever
        else:
            channel.basic_ack(tag)

    def publish(self, channel, event):
        properties = pika.BasicProperties(
            **{"content_type": "application/cloudevents+json", "delivery_mode": 2, "message_id": event["id"]},
            **{"type": event["type"], "timestamp": int(time.time()), "app_id": "worker", "user_id": self.account},
        )
        body = json.dumps(event).encode()
        channel.basic_publish(f"{self.prefix}.archival", event["type"], body, properties, mandatory=True)


def end_process(failure):
    log(f"the worker ends, because it cannot work: {failure.exc_value!r}. Start it again once that is repaired.")
    os._exit(1)


def main(make=Worker, line=Line):
    target, prefix = os.environ["CATENA_TARGET"], os.environ.get("CATENA_PREFIX", "catena")
    account = os.environ.get("CATENA_ACCOUNT", f"{prefix}.worker.{target}")
    folder = pathlib.Path(os.environ["CATENA_WORKER_FOLDER"])
    folder.mkdir(parents=True, exist_ok=True)
    alone = open(folder / "lock", "w")  # two workers with one journal would not know of each other
    fcntl.flock(alone, fcntl.LOCK_EX | fcntl.LOCK_NB)
    seconds = float(os.environ.get("CATENA_WORKER_PROGRESS_SECONDS", "5"))
    worker = make(target, Storage(folder), Journal(folder / "journal.ndjson"), seconds)
    parameters = pika.URLParameters(os.environ["CATENA_BROKER_URL"])
    password = pathlib.Path(os.environ["CATENA_PASSWORD_FILE"]).read_text().strip()
    parameters.credentials = pika.PlainCredentials(account, password)
    parameters.heartbeat, parameters.blocked_connection_timeout = 30, 60
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    threading.excepthook = end_process  # a worker without its thread would take orders, and do none
    threading.Thread(target=worker.work, daemon=True).start()
    log(f"the worker of {target} serves {folder}")
    line(parameters, prefix, account, worker).serve()


if __name__ == "__main__":
    main()
