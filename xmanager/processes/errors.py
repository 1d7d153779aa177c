from __future__ import annotations


class CommandFailed(Exception):
    """Something a person has to know: the cause, then the next step. Printed without a trace."""
