"""Run MLflow's own application in this process: its command keeps a second Python of 200 MB beside it."""

import os

import uvicorn
from mlflow.server import ARTIFACT_ROOT_ENV_VAR, BACKEND_STORE_URI_ENV_VAR
from mlflow.server.handlers import initialize_backend_stores


def main() -> None:
    """Make or check the tables, then serve until told to stop."""
    store = os.environ[BACKEND_STORE_URI_ENV_VAR]
    initialize_backend_stores(store, store, os.environ[ARTIFACT_ROOT_ENV_VAR])
    uvicorn.run(
        "mlflow.server.fastapi_app:app",
        host=os.environ["BOTTEGA_HOST"],
        port=int(os.environ["BOTTEGA_MLFLOW_PORT"]),
        log_level="warning",
        timeout_graceful_shutdown=3,
    )


if __name__ == "__main__":
    main()
