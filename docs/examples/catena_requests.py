"""Archive a folder with Catena and get it back, with nothing but `requests` (pip install requests).

    export CATENA_URL=https://catalogue.example.org CATENA_USERNAME=demo CATENA_PASSWORD=...
    python catena_requests.py run-42 demo-group restored

The parts are of use alone: `Catena.upload` sends files of a dataset that another client has registered.
"""

import hashlib
import os
import socket
import sys
import tarfile
import time
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import quote

import requests


class Catena:
    """A session at a Catena server."""

    def __init__(self, url, token):
        self.url = url.rstrip("/")
        self.http = requests.Session()
        self.http.headers["Authorization"] = f"Bearer {token}"

    @classmethod
    def sign_in(cls, url, username, password):
        credentials = {"username": username, "password": password}
        answer = requests.post(f"{url}/api/v3/auth/login", json=credentials, timeout=60)
        answer.raise_for_status()
        return cls(url, answer.json()["access_token"])

    def call(self, method, path, **options):
        answer = self.http.request(method, f"{self.url}{path}", timeout=60, **options)
        if answer.status_code >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else None

    def create(self, folder, owner_group, **fields):
        """Registers a dataset. It is not archivable before all of its files have arrived."""
        me = self.call("GET", "/api/v3/users/my/self")
        dataset = {
            "type": "raw",
            "datasetName": folder.name,
            "owner": me["username"],
            "principalInvestigator": me["username"],
            "contactEmail": me["email"],
            "ownerGroup": owner_group,
            "sourceFolder": str(folder.resolve()),
            "sourceFolderHost": socket.gethostname(),
            "creationLocation": "/" + socket.gethostname(),
            "creationTime": datetime.now(timezone.utc).isoformat(),
            "datasetlifecycle": {
                "archivable": False,
                "archiveStatusMessage": "filesNotYetAvailable",
            },
            **fields,
        }
        return self.call("POST", "/api/v3/datasets", json=dataset)["pid"]

    def upload(self, pid, folder):
        """Sends all files to the landing zone and lists them in the catalogue; then the dataset is archivable."""
        self._lifecycle(pid, False, "filesNotYetAvailable")
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        listed = [self._send(pid, path, path.relative_to(folder).as_posix()) for path in files]
        block = {
            "size": sum(file["size"] for file in listed),
            "chkAlg": "sha256",
            "dataFileList": listed,
        }
        self.call("POST", f"{dataset_path(pid)}/origdatablocks", json=block)
        self._lifecycle(pid, True, "datasetCreated")

    def _lifecycle(self, pid, archivable, status):
        state = {"archivable": archivable, "archiveStatusMessage": status}
        self.call("PATCH", f"{dataset_path(pid)}/datasetlifecycle", json=state)

    def _send(self, pid, file, path):
        before = file.stat()
        zone = f"/api/v4/datasets/{quote(pid, safe='')}/landing-zone"
        wanted = {"path": path, "size": before.st_size}
        link = self.call("POST", f"{zone}/links", json={"files": [wanted]})[0]
        digest = hashlib.sha256()
        with file.open("rb") as source:
            if link["kind"] == "put":
                content = source.read()
                digest.update(content)
                put(link["url"], content)
            else:
                self._send_parts(zone, wanted, link, source, digest)
        after = file.stat()
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise RuntimeError(f"{file} changed while it was sent")
        modified = datetime.fromtimestamp(before.st_mtime_ns // 1_000_000 / 1000, timezone.utc)
        return {
            "path": path,
            "size": before.st_size,
            "time": modified.isoformat(timespec="milliseconds"),
            "chk": digest.hexdigest(),
            "perm": f"{before.st_mode & 0o777:03o}",
        }

    def _send_parts(self, zone, wanted, link, source, digest):
        """Large files go in parts; links come in windows."""
        upload, size, done = link["uploadId"], link["partSize"], []
        while content := source.read(size):
            number = len(done) + 1
            digest.update(content)
            window = {**wanted, "uploadId": upload, "firstPart": number, "partCount": 1}
            fresh = self.call("POST", f"{zone}/links", json={"files": [window]})[0]
            etag = put(fresh["parts"][0]["url"], content).headers["ETag"]
            done.append({"partNumber": number, "etag": etag})
        whole = {"path": wanted["path"], "uploadId": upload, "parts": done}
        self.call("POST", f"{zone}/complete", json=whole)

    def job(self, kind, pid):
        """Asks for a job (archive, retrieve, verify) and waits for its end."""
        wanted = {"type": kind, "jobParams": {}, "datasetList": [{"pid": pid, "files": []}]}
        job = self.call("POST", "/api/v3/jobs", json=wanted)
        while True:
            job = self.call("GET", f"/api/v4/jobs/{job['id']}")
            if job["statusCode"].startswith(("finished", "completed", "jobCancel")):
                break
            time.sleep(1)
        if job["statusCode"] != "finishedSuccessful":
            raise RuntimeError(f"{kind} of {pid}: {job['statusCode']}: {job['statusMessage']}")
        return job

    def retrieve(self, pid, target):
        """Has the dataset recalled and unpacks it, each file compared with its checksum."""
        for block in self.job("retrieve", pid)["jobResultObject"]["result"]:
            # A signed link: it needs no token, and must not get one.
            with requests.get(block["url"], stream=True, timeout=60) as answer:
                answer.raise_for_status()
                unpack(answer.raw, target)


def dataset_path(pid):
    return f"/api/v3/datasets/{quote(pid, safe='')}"


def put(url, content):
    answer = requests.put(url, data=content, timeout=600)
    answer.raise_for_status()
    return answer


def unpack(stream, target):
    """A datablock is a plain tar: a list of checksums, then the files below `data/`."""
    checksums = {}
    with tarfile.open(fileobj=stream, mode="r|") as tar:
        for member in tar:
            content = tar.extractfile(member) if member.isfile() else None
            if content is None:
                continue
            if member.name == "manifest.json":
                continue
            if member.name == "manifest-sha256.txt":
                for line in content.read().decode().splitlines():
                    # As sha256sum writes it: names with a line end or a backslash begin with one.
                    digest, name = line.lstrip("\\").split("  ", 1)
                    if line.startswith("\\"):
                        name = unescape(name)
                    checksums[name] = digest
                continue
            place = (target / member.name.removeprefix("data/")).resolve()
            if target.resolve() not in place.parents:
                raise RuntimeError(f"{member.name} leads out of {target}")
            place.parent.mkdir(parents=True, exist_ok=True)
            digest = hashlib.sha256()
            with place.open("wb") as file:
                while chunk := content.read(1 << 20):
                    digest.update(chunk)
                    file.write(chunk)
            if digest.hexdigest() != checksums.get(member.name):
                place.unlink()
                raise RuntimeError(f"{member.name} is not what was archived")
            os.utime(place, (member.mtime, member.mtime))
            place.chmod(member.mode & 0o777)


def unescape(name):
    return name.replace("\\\\", "\0").replace("\\n", "\n").replace("\\r", "\r").replace("\0", "\\")


def main():
    folder, owner_group, target = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    catena = Catena.sign_in(
        os.environ["CATENA_URL"], os.environ["CATENA_USERNAME"], os.environ["CATENA_PASSWORD"]
    )
    pid = catena.create(folder, owner_group)
    print(pid)
    catena.upload(pid, folder)
    catena.job("archive", pid)
    print("archived")
    catena.retrieve(pid, target)
    print(f"restored into {target}")


if __name__ == "__main__":
    main()
