from __future__ import annotations

import logging
import signal
import time
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from execution.engine.cluster import Cluster
from execution.engine.ringer import LOOK_EVERY, Ringer

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    """The worker: a django-q2 cluster, the ringer that wakes it, the watchdog that replaces it."""

    help = "Run the worker: sends what is due. Any number may run, on any number of machines."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--stuck-after",
            type=float,
            default=60.0,
            metavar="SECONDS",
            help="Replace the cluster when nothing came through the queue for this long.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.stopping = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        cluster = Cluster()
        cluster.start()
        ringer = Ringer()
        ringer.show_life()
        try:
            while not self.stopping:
                ringer.step()
                self._watch(cluster, ringer, options["stuck_after"])
                time.sleep(LOOK_EVERY)
        finally:
            cluster.stop()

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def _watch(self, cluster: Cluster, ringer: Ringer, stuck_after: float) -> None:
        if not cluster.alive():
            logger.error("The cluster ended; starting another one")
            cluster.kill()
        elif ringer.queue_is_stuck(stuck_after):
            logger.error("Nothing came through the queue for %s s: new cluster", stuck_after)
            cluster.kill()
        else:
            return
        cluster.start()
        ringer.cluster_started()
