"""Register a dataset with pyscicat (pip install pyscicat requests), archive it with Catena and get it back.

    export CATENA_URL=https://catalogue.example.org CATENA_USERNAME=demo CATENA_PASSWORD=...
    python catena_pyscicat.py run-42 demo-group restored

pyscicat speaks to the catalogue as to any SciCat; only files and jobs need more (catena_requests.py beside this file).
"""

import os
import socket
import sys
from datetime import datetime, timezone
from pathlib import Path

from pyscicat.client import ScicatClient
from pyscicat.model import DatasetType, RawDataset

from catena_requests import Catena


def main():
    folder, owner_group, target = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    url, username = os.environ["CATENA_URL"], os.environ["CATENA_USERNAME"]
    scicat = ScicatClient(
        base_url=f"{url}/api/v3", username=username, password=os.environ["CATENA_PASSWORD"]
    )
    pid = scicat.datasets_create(
        RawDataset(
            type=DatasetType.raw,
            datasetName=folder.name,
            owner=username,
            principalInvestigator=username,
            contactEmail=f"{username}@example.org",
            ownerGroup=owner_group,
            accessGroups=[],
            sourceFolder=str(folder.resolve()),
            sourceFolderHost=socket.gethostname(),
            creationLocation="/" + socket.gethostname(),
            creationTime=datetime.now(timezone.utc).isoformat(),
            # Not before all of its files have arrived.
            datasetlifecycle={
                "archivable": False,
                "archiveStatusMessage": "filesNotYetAvailable",
            },
        )
    )
    print(pid)
    catena = Catena(url, scicat._token)
    catena.upload(pid, folder)
    catena.job("archive", pid)
    print("archived")
    catena.retrieve(pid, target)
    print(f"restored into {target}")


if __name__ == "__main__":
    main()
