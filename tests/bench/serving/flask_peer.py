# SPDX-License-Identifier: Apache-2.0
"""A model service as tutorials write it with Flask. Run under gunicorn: flask_peer:app"""
import os
import time
from datetime import datetime, timezone

from flask import Flask, jsonify, request

from estimator import Predictor

app = Flask(__name__)
predict = Predictor(os.environ["PEER_MODEL"])


@app.get("/ready")
def ready():
    return jsonify(status="ready")


@app.post("/predict")
def predict_one():
    began = time.perf_counter()
    features = request.get_json()["features"]
    if len(features) != 4:
        return jsonify(error="4 features are expected"), 400
    best, name, probabilities = predict(features)
    return jsonify({
        "prediction": best,
        "class": name,
        "probabilities": dict(zip(predict.names, probabilities)),
        "confidence": probabilities[best],
        "processing_time_ms": (time.perf_counter() - began) * 1000,
        "timestamp": datetime.now(timezone.utc).isoformat(),
    })
