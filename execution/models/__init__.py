from execution.models.actions import Action, Attempt, Lane
from execution.models.idempotency import IdempotencyKey
from execution.models.media import MediaUpload
from execution.models.workers import WorkerHeartbeat

__all__ = ["Action", "Attempt", "IdempotencyKey", "Lane", "MediaUpload", "WorkerHeartbeat"]
