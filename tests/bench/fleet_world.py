# SPDX-License-Identifier: Apache-2.0
"""What a large fleet lives in: a store with its routes, and a Prometheus and an HAProxy that are made up, so that their
cost is not counted."""
import asyncio
import json
import os
import re
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import real_apiserver  # noqa: E402

OBJECTIVES = ("success", "latency", "accuracy")
INTERVAL_S = 30
FILES = 100


def arm_names(count):
    return [f"model-{chr(ord('a') + i)}" for i in range(count)]


def route_of(i, arms):
    return {"apiVersion": "bandit-router.dev/v1alpha1", "kind": "BanditRoute",
            "metadata": {"name": f"route-{i}", "namespace": f"tenant-{i % 50}"},
            "spec": {"interval": f"{INTERVAL_S}s",
                     "arms": [{"name": arm, "backend": {"service": arm, "port": 8080}} for arm in arms],
                     "targetRef": {"kind": "HAProxyBackend", "name": f"route-{i}"},
                     "reward": {"window": "5m", "objectives": [
                         {"name": "success", "weight": 0.5, "min": 0.95}, {"name": "latency", "weight": 0.2},
                         {"name": "accuracy", "weight": 0.3, "missing": "Ignore"}]}}}


class Folder:
    """The fleet as manifests, which are JSON and so YAML."""
    name, asked = "from a folder", False
    workers = "1"

    def __init__(self, directory, routes, arms):
        self.path = os.path.join(directory, "routes")
        os.mkdir(self.path)
        for part in range(FILES):
            with open(os.path.join(self.path, f"part-{part:03}.yaml"), "w", encoding="utf-8") as f:
                for i in range(part, routes, FILES):
                    f.write(f"---\n{json.dumps(route_of(i, arms))}\n")

    def flags(self):
        return ["--store.dir", self.path]

    def stop(self):
        pass


class ApiServer:
    """The fleet on a real API server."""
    name, asked = "from a real API server", True
    workers = "4"  # as k8s/base has it: a worker waits while the server takes a write

    def __init__(self, directory, routes, arms):
        self.server = real_apiserver.RealApiServer().__enter__()
        with open(os.path.join(real_apiserver.ROOT, "k8s/base/crd/banditroutes.yaml"), "rb") as f:
            self.server.define(f.read())
        self.server.define(real_apiserver.LEASE_CRD)
        self.server.define(real_apiserver.EVENT_CRD)
        self.config = self.server.kubeconfig(os.path.join(directory, "config"))
        with ThreadPoolExecutor(4) as pool:
            for code in pool.map(lambda i: self.create(route_of(i, arms)), range(routes)):
                assert code == 201, code

    def create(self, body):
        path = f"/apis/bandit-router.dev/v1alpha1/namespaces/{body['metadata']['namespace']}/banditroutes"
        return self.server.call("POST", path, body)[0]

    def flags(self):
        return ["--kubeconfig", self.config]

    def stop(self):
        self.server.__exit__(None, None, None)


class Prometheus:
    """The three answers, with counts that differ by arm and change a little each time."""

    def __init__(self, routes, arms):
        self.routes, self.arms = routes, arms
        self.queries = 0
        self.server = None

    def body(self, query):
        parts = []
        now = time.time()
        wobble = self.queries % 7
        for i in range(self.routes):
            for k, arm in enumerate(self.arms):
                head = (f'{{"metric":{{"__name__":"{query}","arm":"{arm}","namespace":'
                        f'"tenant-{i % 50}","route":"route-{i}"')
                if "last_scrape" in query:
                    parts.append(f'{head}}},"value":[{now:.3f},"{now:.3f}"]}}')
                    continue
                for o, objective in enumerate(OBJECTIVES):
                    value = 1000 if "_events:" in query else 960 + 10 * ((i + k + o) % 4) + wobble
                    parts.append(f'{head},"objective":"{objective}"}},'
                                 f'"value":[{now:.3f},"{value}"]}}')
        return ('{"status":"success","data":{"resultType":"vector","result":['
                + ",".join(parts) + "]}}").encode()

    async def serve(self, reader, writer):
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = int(re.search(r"(?i)content-length: (\d+)", head)[1])
                form = (await reader.readexactly(length)).decode()
                query = re.match(r"query=([^&]*)", form)[1].replace("%3A", ":")
                self.queries += 1
                body = self.body(query)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                             b"Content-Length: %d\r\n\r\n" % len(body) + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


class HAProxy:
    """Enough of the runtime API to set and show weights."""

    HEADING = ("1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state "
               "srv_uweight srv_iweight\n")

    def __init__(self, arms):
        self.arms = arms
        self.weights = {}
        self.started = time.monotonic()

    def answer(self, command):
        words = command.split()
        if words[:1] == ["set"]:
            backend, server = words[2].split("/")
            self.weights.setdefault(backend, dict.fromkeys(self.arms, 85))[server] = words[4]
            return "\n"
        if words[:3] == ["show", "servers", "state"]:
            rows = self.weights.setdefault(words[3], dict.fromkeys(self.arms, 85))
            return self.HEADING + "".join(
                f"3 {words[3]} 1 {server} 127.0.0.1 2 0 {weight} 85\n"
                for server, weight in rows.items()) + "\n"
        return f"Pid: 1\nUptime_sec: {time.monotonic() - self.started:.0f}\n\n"

    async def serve(self, reader, writer):
        line = (await reader.readline()).decode().strip()
        writer.write("".join(self.answer(c) for c in line.split(";")).encode())
        writer.close()


def run_servers(prometheus, haproxy, path, ports):
    async def main():
        haproxy_server = await asyncio.start_unix_server(haproxy.serve, path, backlog=1024)
        server = await asyncio.start_server(prometheus.serve, "127.0.0.1", 0)
        ports.append(server.sockets[0].getsockname()[1])
        async with server, haproxy_server:
            await asyncio.Event().wait()

    threading.Thread(target=lambda: asyncio.run(main()), daemon=True).start()
    while not ports:
        time.sleep(0.01)
