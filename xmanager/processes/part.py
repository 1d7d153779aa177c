"""`python -m xmanager.processes.part HOME NAME COMMAND…`: becomes the part that it starts.

Run by the process manager. It notes the process under its name, and first ends what an earlier
life of the part left behind: a worker whose main process was killed leaves children that would
go on working, a web server ones that hold the port.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from xmanager.home import PROJECT
from xmanager.processes.records import read_record, stop_group, write_record

GRACE_SECONDS = 2.0


def main(home: Path, name: str, command: list[str]) -> None:
    earlier = read_record(home, name)
    if earlier is not None and earlier.pid != os.getpid():
        stop_group(earlier, str(PROJECT), seconds=GRACE_SECONDS)
    write_record(home, name, os.getpid())
    os.execv(command[0], command)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
