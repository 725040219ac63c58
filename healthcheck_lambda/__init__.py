"""The independent health check: standard library and boto3 only."""
