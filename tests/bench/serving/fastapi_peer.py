# SPDX-License-Identifier: Apache-2.0
"""A model service as tutorials write it with FastAPI. Run under uvicorn: fastapi_peer:app"""
import os
import time
from datetime import datetime, timezone
from typing import List

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

from estimator import Predictor

app = FastAPI()
predict = Predictor(os.environ["PEER_MODEL"])


class Row(BaseModel):
    features: List[float]


@app.get("/ready")
async def ready():
    return {"status": "ready"}


@app.post("/predict")
async def predict_one(row: Row):
    began = time.perf_counter()
    if len(row.features) != 4:
        raise HTTPException(400, "4 features are expected")
    best, name, probabilities = predict(row.features)
    return {
        "prediction": best,
        "class": name,
        "probabilities": dict(zip(predict.names, probabilities)),
        "confidence": probabilities[best],
        "processing_time_ms": (time.perf_counter() - began) * 1000,
        "timestamp": datetime.now(timezone.utc).isoformat(),
    }
