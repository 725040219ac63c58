"""The Asset by which an ingest DAG wakes the export DAG."""

from typing import Final

from airflow.sdk import Asset

READINGS: Final = Asset(name="readings", uri="x-eirgrid-airflow://readings")
"""An event on it says that some partition changed; the store is the truth."""
