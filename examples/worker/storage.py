"""Where the worker keeps things: the copies, and the journal that outlives a crash. Another kind of storage replaces Storage."""
import hashlib, json, os, shutil, sys, threading, urllib.parse, uuid

CHUNK = 1 << 20


class Storage:
    """Files below a folder: `incoming` has what is not complete, `copies` only what was read back and found good."""

    def __init__(self, folder):
        self.incoming, self.copies = folder / "incoming", folder / "copies"
        shutil.rmtree(self.incoming, ignore_errors=True)  # whoever was at it begins anew
        for each in (self.incoming, self.copies):
            each.mkdir(parents=True, exist_ok=True)

    def path_of(self, archive_id):
        """One-to-one, and never outside the folder: dots and slashes are written as %2E and %2F, long names as folders."""
        name = urllib.parse.quote(archive_id, safe="").replace(".", "%2E")
        parts = [name[at : at + 200] for at in range(0, len(name), 200)]
        return self.copies.joinpath(*parts[:-1], parts[-1] + ".tar")

    def part_of(self, order_id, attempt):
        return self.incoming / (hashlib.sha256(f"{order_id} {attempt}".encode()).hexdigest() + ".part")

    def write(self, part, chunks):
        with open(part, "wb") as file:
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())

    def read(self, path):
        """The bytes as they lie on the medium: what the kernel still remembers of them is dropped first."""
        with open(path, "rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            while chunk := file.read(CHUNK):
                yield chunk

    def keep(self, part, archive_id):
        """The part gets its name. Another content of that name is no good, but it is not ours to throw away."""
        path = self.path_of(archive_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            os.replace(path, path.with_suffix(f".odd-{uuid.uuid4()}"))
        os.replace(part, path)
        while path != self.copies:
            path = path.parent
            sync_folder(path)

    def remove(self, archive_id):
        path = self.path_of(archive_id)
        path.unlink()
        sync_folder(path.parent)


class Journal:
    """Lines of JSON: `command` (an order that was taken), `end` (the event that ended it), `sent` (the broker has that)."""

    def __init__(self, path):
        self.path, self.lock = path, threading.Lock()
        self.file = open(path, "a+b")

    def write(self, *records):
        """When it returns they are on the disk. When that fails the process ends: nobody may rely on what is half written."""
        with self.lock:
            try:
                self.file.write(b"".join(json.dumps(record).encode() + b"\n" for record in records))
                self.file.flush()
                os.fsync(self.file.fileno())
            except OSError as why:
                text = f"Expected to write {self.path}, found: {why}. The worker ends: make room, and start it again."
                print(text, file=sys.stderr, flush=True)
                os._exit(1)

    def read(self):
        self.file.seek(0)
        for line in self.file.read().splitlines():
            try:
                yield json.loads(line)
            except ValueError:  # torn by a crash: whatever it was, nobody was told yet
                print("the journal has a torn line, which is left out", file=sys.stderr)

    def keep(self, is_needed):
        """Begins anew with what is still needed, so that it does not grow for ever."""
        with self.lock:
            fresh = Journal(self.path.with_suffix(".new"))
            fresh.file.truncate(0)
            fresh.write(*(record for record in self.read() if is_needed(record)))
            os.replace(fresh.path, self.path)
            sync_folder(self.path.parent)
            self.file.close()
            self.file = fresh.file


def sync_folder(folder):
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
