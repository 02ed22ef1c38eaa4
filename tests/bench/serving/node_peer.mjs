// SPDX-License-Identifier: Apache-2.0
// A model service on Node.js's own http module, one process. Usage: node_peer.mjs PORT MODEL
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

const [port, path] = process.argv.slice(2);
const model = JSON.parse(readFileSync(path, "utf8"));

function linear(row) {
  const scores = model.coefficients.map((c, i) =>
    c.reduce((sum, w, j) => sum + w * row[j], model.intercepts[i]));
  const most = Math.max(...scores);
  const powers = scores.map((s) => Math.exp(s - most));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((p) => p / sum);
}

function forest(row) {
  const total = [0, 0, 0];
  for (const t of model.trees) {
    let at = 0;
    while (t.left[at] >= 0)
      at = row[t.feature[at]] <= t.threshold[at] ? t.left[at] : t.right[at];
    for (let i = 0; i < 3; i++) total[i] += t.value[at][i];
  }
  return total.map((v) => v / model.trees.length);
}

const predict = model.kind === "forest" ? forest : linear;

function answer(text) {
  const began = performance.now();
  const { features } = JSON.parse(text);
  if (!Array.isArray(features) || features.length !== 4) return null;
  const probabilities = predict(features.map(Math.fround));
  const best = probabilities.indexOf(Math.max(...probabilities));
  return {
    prediction: best,
    class: String(best),
    probabilities: Object.fromEntries(probabilities.map((p, i) => [i, p])),
    confidence: probabilities[best],
    processing_time_ms: performance.now() - began,
    timestamp: new Date().toISOString(),
  };
}

createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    let status = 200;
    let body;
    try {
      body = request.url === "/ready" ? { status: "ready" } : answer(Buffer.concat(chunks).toString());
    } catch {
      body = null;
    }
    if (!body) [status, body] = [400, { error: "4 features are expected" }];
    const text = JSON.stringify(body);
    response.writeHead(status, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) });
    response.end(text);
  });
}).listen(Number(port), "127.0.0.1");
