"""What should exist, when, and what can go wrong: standard library only, no I/O."""
