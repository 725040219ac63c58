"""What the DAGs do, as plain functions without Airflow."""
