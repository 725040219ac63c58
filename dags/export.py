"""The export DAG, woken by the readings Asset.

Airflow's safe mode parses only files that hold the words airflow and dag; this docstring does.
"""

from include.orchestration.export import export_dag

export = export_dag()
