#!/usr/bin/env python3
"""Django's command line for X Manager; `./xm NAME` runs it with the right home and environment."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xmanager.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as problem:  # a wrong environment, in sentences
        sys.exit(str(problem))


if __name__ == "__main__":
    main()
