#!/usr/bin/env python3
"""X Manager's one command: sets itself up, starts and stops the parts, runs everything else.

Needs Python 3.11 or newer and nothing else. `./xm help` lists the commands.
"""

import os
import shutil
import sys

OLDEST, NEWEST = (3, 11), (3, 14)

if sys.version_info < OLDEST:
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        newer = shutil.which("python3.%d" % minor)  # noqa: UP031 (an old Python reads this)
        if newer:
            os.execv(newer, [newer, *sys.argv])
    sys.exit(
        "X Manager needs Python 3.11 or newer, and python3 here is %d.%d. Install a newer one "  # noqa: UP031
        "(for example `apt install python3.11 python3.11-venv`) and run this again."
        % sys.version_info[:2]
    )

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from xmanager.processes.cli import main  # noqa: E402

sys.exit(main(sys.argv[1:]))
