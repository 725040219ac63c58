"""What the one-shot services of docker-compose.yaml run: secrets on first start, then database, Pools and bucket."""
