"""The only place under include/ that imports Airflow: it turns jobs into tasks and outcomes into states."""
