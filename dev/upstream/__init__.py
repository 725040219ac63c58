"""A stand-in for EirGrid's Smart Grid Dashboard: its interfaces, gaps and faults, on this machine.

Shares no code with `include/`, so that a misreading of the upstream cannot cancel out.
`python -m dev.upstream --help` starts it; `app` describes what it answers, `faults` its fault rules.
"""
