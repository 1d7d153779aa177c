from accounts.models.agents import Agent, AgentToken
from accounts.models.events import Event
from accounts.models.x_accounts import Account, AccountSecret, AppSecret, Capability, DeveloperApp

__all__ = [
    "Account",
    "AccountSecret",
    "Agent",
    "AgentToken",
    "AppSecret",
    "Capability",
    "DeveloperApp",
    "Event",
]
