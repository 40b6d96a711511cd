"""A control-plane process starts without what only jobs need: a second of work and 100 MB each."""

import json
import subprocess
import sys

HEAVY = ["duckdb", "feast", "lightgbm", "mlflow", "optuna", "pandas", "pyarrow", "pyiceberg", "pyspark", "sqlalchemy"]


def test_a_process_that_has_set_up_django_has_not_imported_what_only_jobs_need():
    code = "import django, json, sys; django.setup(); print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert [name for name in HEAVY if name in json.loads(done.stdout)] == []
