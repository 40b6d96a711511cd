"""What most projects ship: FastAPI + pydantic + pandas + Booster.predict, with features from Feast where asked.

``fastapi_peer.py <port> <model file> <columns> [<feast repository>]``: with a repository each request reads its
features by ``FeatureStore.get_online_features``.
"""

import sys
from typing import Any

import lightgbm
import pandas as pd
import uvicorn
from fastapi import FastAPI
from pydantic import create_model

port, path, names, *repository = sys.argv[1:]
columns = names.split(",")
booster = lightgbm.Booster(model_file=path)
app = FastAPI()
Row = create_model("Row", **dict.fromkeys(columns, (float, ...)))
store: Any = None
if repository:
    from feast import FeatureStore

    store = FeatureStore(repository[0])
FEATURES = [f"numbers:{name}" for name in columns]


@app.post("/predict")
async def predict(row: Row) -> dict[str, float]:  # type: ignore[valid-type]
    frame = pd.DataFrame([row.model_dump()])
    return {"prediction": float(booster.predict(frame, num_threads=1)[0])}


@app.post("/predict_by_key")
async def predict_by_key(key: dict[str, int]) -> dict[str, float]:
    found = store.get_online_features(features=FEATURES, entity_rows=[key]).to_df()
    return {"prediction": float(booster.predict(found[columns], num_threads=1)[0])}


uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning", access_log=False)
