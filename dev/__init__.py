"""What a developer runs on one machine: the stand-in upstream and the local supervisor. Never shipped."""
