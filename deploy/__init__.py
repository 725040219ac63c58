"""Packaging and AWS: what `make package`, `make deploy` and `make destroy` run. Never shipped."""
