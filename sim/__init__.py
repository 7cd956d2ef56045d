"""`sim`: a rule-based simulator of policy events."""

__version__ = "0.1.0"
