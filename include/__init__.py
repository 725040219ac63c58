"""All logic of eirgrid-airflow; `docs/explanation/architecture.md` tells what lives where."""
