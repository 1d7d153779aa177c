from tests.engine.conftest import _sandbox_process, connect, homes, sandbox, schedule

__all__ = ["_sandbox_process", "connect", "homes", "sandbox", "schedule"]
