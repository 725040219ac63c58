"""The gap check DAG.

Airflow's safe mode parses only files that hold the words airflow and dag; this docstring does.
"""

from include.orchestration.gapcheck import gapcheck_dag

gapcheck = gapcheck_dag()
