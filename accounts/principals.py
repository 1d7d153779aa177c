"""Who acts: a person, an agent's token, or the system itself."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Principal:
    """The one that signed in. Services take it as `actor`.

    `key` names the principal across token rotations and sign-ins; `slots` is None where
    every account is allowed.
    """

    kind: str
    id: str
    label: str
    scopes: frozenset[str] = field(default_factory=frozenset)
    slots: frozenset[int] | None = None

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.id}"

    def may_use(self, slot: int) -> bool:
        return self.slots is None or slot in self.slots


SYSTEM = Principal(kind="system", id="engine", label="X Manager")


def command_line(name: str) -> Principal:
    """The operator who runs a command on the machine itself."""
    return Principal(kind="command", id=name, label=f"command {name}")
