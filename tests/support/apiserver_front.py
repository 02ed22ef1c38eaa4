# SPDX-License-Identifier: Apache-2.0
"""What kubectl wants of a cluster and apiextensions-apiserver leaves to the aggregator in front of it: which groups there are,
and that fields are judged by the server. All else is passed on, watches as they come."""
import http.client
import http.server
import json
import threading

HOP = {"connection", "transfer-encoding", "keep-alive", "content-length", "host", "accept-encoding"}


class Front:
    def __init__(self, server, groups):
        """groups: those that it tells of."""
        front = self
        self.server, self.groups = server, groups

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                front.answer(self)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

            def log_message(self, *_):
                pass

        class Listener(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                pass  # who went away in the middle of a watch

        self.listener = Listener(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.listener.serve_forever, daemon=True).start()

    def close(self):
        self.listener.shutdown()
        self.listener.server_close()

    def kubeconfig(self, path):
        with open(path, "w", encoding="utf-8") as f:
            json.dump({"apiVersion": "v1", "kind": "Config", "current-context": "test",
                       "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{self.listener.server_port}"}}],
                       "contexts": [{"name": "test", "context": {"cluster": "c", "user": "u"}}],
                       "users": [{"name": "u", "user": {}}]}, f)
        return str(path)

    def answer(self, handler):
        path = handler.path.split("?")[0].rstrip("/")
        if path == "/api":
            return self.tell(handler, {"kind": "APIVersions", "versions": []})
        if path == "/apis":
            return self.tell(handler, {"kind": "APIGroupList", "apiVersion": "v1", "groups": [
                {key: value for key, value in self.server.ask("GET", f"/apis/{group}").items() if key not in ("kind", "apiVersion")}
                for group in self.groups]})
        if path == "/openapi/v3":
            return self.tell(handler, {"paths": {f"apis/{v}": {"serverRelativeURL": f"/openapi/v3/apis/{v}"}
                                                 for group in self.groups for v in self.versions(group)}})
        if path.startswith("/openapi/v3/apis/"):
            return self.tell(handler, self.strictness(path.removeprefix("/openapi/v3/apis/")))
        return self.pass_on(handler)

    def versions(self, group):
        return [v["groupVersion"] for v in self.server.ask("GET", f"/apis/{group}")["versions"]]

    def strictness(self, group_version):
        """Of the description that kubectl reads before it creates something: that the server judges fields itself."""
        group, version = group_version.split("/")
        return {"openapi": "3.0.0", "info": {"title": group, "version": version}, "paths": {
            f"/apis/{group_version}/namespaces/{{namespace}}/{kind['name']}/{{name}}": {"patch": {
                "parameters": [{"name": "fieldValidation", "in": "query", "schema": {"type": "string"}}], "responses": {},
                "x-kubernetes-group-version-kind": {"group": group, "version": version, "kind": kind["kind"]}}}
            for kind in self.server.ask("GET", f"/apis/{group_version}")["resources"] if "/" not in kind["name"]}}

    @staticmethod
    def tell(handler, tree):
        body = json.dumps(tree).encode()
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def pass_on(self, handler):
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0))) or None
        connection = http.client.HTTPSConnection("127.0.0.1", self.server.port, timeout=300, context=self.server.tls)
        try:
            connection.request(handler.command, handler.path, body,
                               {k: v for k, v in handler.headers.items() if k.lower() not in HOP})
            answer = connection.getresponse()
            handler.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in HOP:
                    handler.send_header(name, value)
            handler.send_header("Connection", "close")  # which is what ends the body
            handler.end_headers()
            while piece := answer.read1(65536):
                handler.wfile.write(piece)
                handler.wfile.flush()
        finally:
            handler.close_connection = True
            connection.close()
