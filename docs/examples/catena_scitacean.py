"""Register a dataset with Scitacean (pip install scitacean requests), archive it with Catena and get it back.

    export CATENA_URL=https://catalogue.example.org CATENA_USERNAME=demo CATENA_PASSWORD=...
    python catena_scitacean.py run-42 demo-group restored

Scitacean would send files before it registers their dataset; Catena's landing zone belongs to a dataset that is registered.
So the dataset is uploaded without files, and its files follow (catena_requests.py beside this file).
"""

import os
import socket
import sys
from datetime import datetime, timezone
from pathlib import Path

from scitacean import Client, Dataset, RemotePath

from catena_requests import Catena


def main():
    folder, owner_group, target = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    url, username = os.environ["CATENA_URL"], os.environ["CATENA_USERNAME"]
    catena = Catena.sign_in(url, username, os.environ["CATENA_PASSWORD"])
    token = catena.http.headers["Authorization"].removeprefix("Bearer ")
    client = Client.from_token(
        url=f"{url}/api/v3", token=token, allow_http=url.startswith("http://127.0.0.1")
    )
    dataset = client.upload_new_dataset_now(
        Dataset(
            type="raw",
            name=folder.name,
            owner=username,
            principal_investigators=[username],
            contact_email=f"{username}@example.org",
            owner_group=owner_group,
            access_groups=[],
            source_folder=RemotePath(str(folder.resolve())),
            source_folder_host=socket.gethostname(),
            creation_location="/" + socket.gethostname(),
            creation_time=datetime.now(timezone.utc),
        )
    )
    pid = str(dataset.pid)
    print(pid)
    catena.upload(pid, folder)
    catena.job("archive", pid)
    print("archived")
    catena.retrieve(pid, target)
    print(f"restored into {target}")


if __name__ == "__main__":
    main()
