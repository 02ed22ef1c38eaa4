#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A small strict API server for tests: objects of any kind in memory, the real rules of
versions, conflicts, watches and subresources, and faults by script.

As a program it prints its port and serves until it is killed:  fake_apiserver.py [TOKEN...]
"""
import base64
import copy
import json
import re
import socket
import struct
import sys
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

PATH = re.compile(r"^/(?:api|apis/(?P<group>[^/]+))/(?P<version>[^/]+)"
                  r"(?:/namespaces/(?P<namespace>[^/]+))?/(?P<plural>[^/]+)"
                  r"(?:/(?P<name>[^/]+))?(?:/(?P<sub>[^/]+))?$")


class Refusal(Exception):
    """An answer that is a Status."""

    def __init__(self, code, reason, message="", headers=()):
        super().__init__(message)
        self.code, self.headers = code, list(headers)
        self.body = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                     "message": message or reason, "reason": reason, "code": code}


def merge(target, patch):
    """RFC 7386."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge(result.get(key), value)
    return result


def json_patch(target, operations):
    """RFC 6902 without copy and move."""
    for op in operations:
        parts = [p.replace("~1", "/").replace("~0", "~") for p in op["path"].split("/")[1:]]
        parent = target
        try:
            for part in parts[:-1]:
                parent = parent[int(part) if isinstance(parent, list) else part]
            at = parts[-1]
            if isinstance(parent, list):
                at = len(parent) if at == "-" else int(at)
            if op["op"] == "test":
                if parent[at] != op["value"]:
                    raise Refusal(422, "Invalid", f"testing path {op['path']} failed")
            elif op["op"] == "remove":
                del parent[at]
            elif isinstance(parent, list) and op["op"] == "add":
                parent.insert(at, op["value"])
            else:
                if op["op"] == "replace":
                    parent[at]  # pylint: disable=pointless-statement
                parent[at] = op["value"]
        except (KeyError, IndexError, ValueError, TypeError) as e:
            raise Refusal(422, "Invalid", f"the path {op['path']} is not there: {e}") from e
    return target


def parsed(raw):
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return None


class Fault:
    """What to do to requests that match, `times` times. Ends: see Handler.finish()."""

    def __init__(self, verb=None, plural=None, times=1, after=0, status=None, reason="", retry_after=None,
                 reset=False, lost=False, stall=0, until=None, answer_until=None, cut_after=None, piece=None,
                 error_event=None, end_after=None, version=None):
        self.verb, self.plural, self.times, self.after = verb, plural, times, after
        self.status, self.reason, self.retry_after = status, reason, retry_after
        self.reset, self.stall = reset, stall  # before anything is answered
        self.lost = lost                # it is done, and nothing is answered: RST (not a watch)
        self.until = until              # an Event: as stall, until it is set
        self.answer_until = answer_until  # an Event: done at once, and answered when it is set
        self.done = threading.Event()   # with answer_until: it is done
        self.cut_after = cut_after      # watch: so many bytes, then RST
        self.piece = piece              # watch: so many bytes at a time
        self.error_event = error_event  # watch: an ERROR event with that code, then the end
        self.end_after = end_after      # watch: seconds, then an orderly end
        self.version = version          # only from that resourceVersion

    def matches(self, verb, plural, query):
        return (self.times > 0 and self.verb in (None, verb) and self.plural in (None, plural)
                and (self.version is None or query.get("resourceVersion") == str(self.version)))


class Store:
    """Objects and their history. One lock; everything under it."""

    def __init__(self):
        self.lock = threading.Condition()
        self.version = 1000
        self.objects = {}   # (group, plural, namespace, name): object
        self.history = []   # (version, type, key, object)
        self.forgotten = 0  # history up to here is compacted
        self.snapshots = {}
        self.faults = []
        self.log = []       # of requests: dicts
        self.closing = False
        self.epoch = 0      # watches of an earlier one end, in good order

    # ---- for tests -----------------------------------------------------------------

    def fault(self, **what):
        with self.lock:
            self.faults.append(Fault(**what))
            return self.faults[-1]

    def edit(self, key, change):
        """Read, change and write back, with nobody in between."""
        with self.lock:
            body = self.read(key)
            change(body)
            return self.replace(key, body, None)

    def compact(self):
        """Forget all history: watches and continue tokens of before are expired."""
        with self.lock:
            self.version += 1
            self.forgotten = self.version
            self.history.clear()
            self.snapshots.clear()

    def end_watches(self):
        with self.lock:
            self.epoch += 1
            self.lock.notify_all()

    def put(self, group, plural, body):
        """As a user would: create, or replace the spec."""
        key = (group, plural, body["metadata"].get("namespace", "default"), body["metadata"]["name"])
        with self.lock:
            old = self.objects.get(key)
            if old:
                new = copy.deepcopy(body)
                new["metadata"] = merge(old["metadata"], body["metadata"])
                if "status" in old:
                    new["status"] = old["status"]
                return self._update(key, old, new)
            return self._create(key, body)

    def remove(self, group, plural, name, namespace="default"):
        with self.lock:
            self._delete((group, plural, namespace, name))

    def get(self, group, plural, name, namespace="default"):
        with self.lock:
            return copy.deepcopy(self.objects.get((group, plural, namespace, name)))

    def requests(self, **want):
        with self.lock:
            return [r for r in self.log if all(r.get(k) == v for k, v in want.items())]

    # ---- under the lock ------------------------------------------------------------

    def take_fault(self, verb, plural, query):
        for f in self.faults:
            if f.matches(verb, plural, query):
                if f.after > 0:
                    f.after -= 1
                    return None
                f.times -= 1
                return f
        return None

    def _commit(self, kind, key, body):
        self.version += 1
        body["metadata"]["resourceVersion"] = str(self.version)
        self.history.append((self.version, kind, key, copy.deepcopy(body)))
        self.lock.notify_all()
        return copy.deepcopy(body)

    def _create(self, key, body):
        if key in self.objects:
            raise Refusal(409, "AlreadyExists", f'{key[1]} "{key[3]}" already exists')
        body = copy.deepcopy(body)
        body["metadata"].update(namespace=key[2], name=key[3], uid=str(uuid.uuid4()), generation=1,
                                creationTimestamp=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))
        self.objects[key] = body
        return self._commit("ADDED", key, body)

    def _update(self, key, old, new):
        """new has passed all checks; its version and generation are the server's to set."""
        meta = new["metadata"]
        meta.update(uid=old["metadata"]["uid"], generation=old["metadata"]["generation"],
                    creationTimestamp=old["metadata"]["creationTimestamp"],
                    resourceVersion=old["metadata"]["resourceVersion"])
        if new == old:
            return copy.deepcopy(old)
        if new.get("spec") != old.get("spec"):
            meta["generation"] += 1
        if meta.get("deletionTimestamp") and not meta.get("finalizers"):
            self.objects[key] = new
            return self._delete(key)
        self.objects[key] = new
        return self._commit("MODIFIED", key, new)

    def _delete(self, key):
        body = self.objects.get(key)
        if body is None:
            raise Refusal(404, "NotFound", f'{key[1]} "{key[3]}" not found')
        meta = body["metadata"]
        if meta.get("finalizers"):
            if not meta.get("deletionTimestamp"):
                meta["deletionTimestamp"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
                meta["generation"] += 1
                return self._commit("MODIFIED", key, body)
            return copy.deepcopy(body)
        del self.objects[key]
        return self._commit("DELETED", key, body)

    # ---- verbs ---------------------------------------------------------------------

    def read(self, key):
        with self.lock:
            if key not in self.objects:
                raise Refusal(404, "NotFound", f'{key[1]} "{key[3]}" not found')
            return copy.deepcopy(self.objects[key])

    def create(self, key, body):
        name = body.get("metadata", {}).get("name")
        if not name:
            raise Refusal(422, "Invalid", "metadata.name: required value")
        with self.lock:
            return self._create(key[:3] + (name,), body)

    def replace(self, key, body, sub):
        with self.lock:
            old = self.objects.get(key)
            if old is None:
                raise Refusal(404, "NotFound", f'{key[1]} "{key[3]}" not found')
            if not body.get("metadata", {}).get("resourceVersion"):
                raise Refusal(422, "Invalid", "metadata.resourceVersion: must be specified for an update")
            return self._write(key, old, body, sub)

    def _write(self, key, old, body, sub):
        meta = body.get("metadata", {})
        if meta.get("name", key[3]) != key[3] or meta.get("namespace", key[2]) != key[2]:
            raise Refusal(400, "BadRequest", "the name of the object does not match the URL")
        if meta.get("resourceVersion", old["metadata"]["resourceVersion"]) != old["metadata"]["resourceVersion"]:
            raise Refusal(409, "Conflict", f'Operation cannot be fulfilled on {key[1]} "{key[3]}": the object has '
                          "been modified; please apply your changes to the latest version and try again")
        if meta.get("uid", old["metadata"]["uid"]) != old["metadata"]["uid"]:
            raise Refusal(409, "Conflict", "the UID in the precondition does not match")
        new = copy.deepcopy(old)
        if sub == "status":  # all but the status is ignored
            new.pop("status", None)
            if "status" in body:
                new["status"] = copy.deepcopy(body["status"])
        else:                # and here the status is
            new = copy.deepcopy(body)
            new["metadata"] = merge(copy.deepcopy(old["metadata"]), meta)
            for field in ("labels", "annotations", "finalizers"):
                if field not in meta:
                    new["metadata"].pop(field, None)
            new.pop("status", None)
            if "status" in old:
                new["status"] = copy.deepcopy(old["status"])
        return self._update(key, old, new)

    def patch(self, key, content_type, body, sub, query):
        """(code, object)"""
        with self.lock:
            old = self.objects.get(key)
            if content_type == "application/apply-patch+yaml":
                return (200 if old else 201), self._apply(key, old, body, sub, query)
            if old is None:
                raise Refusal(404, "NotFound", f'{key[1]} "{key[3]}" not found')
            if content_type == "application/merge-patch+json":
                new = merge(copy.deepcopy(old), body)
            elif content_type == "application/json-patch+json":
                new = json_patch(copy.deepcopy(old), body)
            else:
                raise Refusal(415, "UnsupportedMediaType", f"{content_type} is not supported")
            return 200, self._write(key, old, new, sub)

    def _apply(self, key, old, body, sub, query):
        if not query.get("fieldManager"):
            raise Refusal(422, "Invalid", "fieldManager: Required value: is required for apply patch")
        if not body.get("apiVersion") or not body.get("kind"):
            raise Refusal(400, "BadRequest", "apiVersion and kind must be set")
        if "managedFields" in body.get("metadata", {}):
            raise Refusal(400, "BadRequest", "metadata.managedFields must be nil")
        if old is None:
            return self._create(key, body)
        return self._write(key, old, merge(copy.deepcopy(old), body), sub)

    def delete(self, key, options):
        with self.lock:
            want = (options or {}).get("preconditions", {}).get("resourceVersion")
            have = self.objects.get(key, {}).get("metadata", {}).get("resourceVersion")
            if want and have and want != have:
                raise Refusal(409, "Conflict", "the resourceVersion in the precondition does not match")
            return self._delete(key)

    def list(self, group, plural, namespace, query):
        with self.lock:
            if query.get("continue"):
                try:
                    token = json.loads(base64.urlsafe_b64decode(query["continue"]))
                except ValueError as e:
                    raise Refusal(400, "BadRequest", "continue key is not valid") from e
                rest = self.snapshots.get(token["id"])
                if rest is None or token["version"] < self.forgotten:
                    raise Refusal(410, "Expired", "The provided continue parameter is too old")
                version = token["version"]
                rest = rest[token["at"]:]
                identity, at = token["id"], token["at"]
            else:
                version, at, identity = self.version, 0, str(uuid.uuid4())
                rest = [copy.deepcopy(self.objects[k]) for k in sorted(self.objects)
                        if k[:2] == (group, plural) and namespace in (None, k[2])]
                self.snapshots[identity] = rest
            limit = int(query.get("limit") or len(rest) or 1)
            meta = {"resourceVersion": str(version)}
            if len(rest) > limit:
                token = json.dumps({"id": identity, "at": at + limit, "version": version}).encode()
                meta["continue"] = base64.urlsafe_b64encode(token).decode()
                meta["remainingItemCount"] = len(rest) - limit
            return {"kind": "List", "apiVersion": "v1", "metadata": meta, "items": rest[:limit]}

    def changes_since(self, version, group, plural, namespace):
        """Under the lock: events after version, and where they end."""
        if version < self.forgotten:
            raise Refusal(410, "Expired", f"too old resource version: {version} ({self.forgotten})")
        events = [(kind, body) for v, kind, key, body in self.history
                  if v > version and key[:2] == (group, plural) and namespace in (None, key[2])]
        return events, self.version


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    @property
    def store(self):
        return self.server.store

    # ---- answering -----------------------------------------------------------------

    def answer(self, code, body, headers=()):
        data = json.dumps(body).encode()
        self.note["code"] = code  # first, for who has the answer may ask at once what was noted
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def authenticate(self):
        tokens = self.server.tokens
        header = self.headers.get("Authorization", "")
        self.note["token"] = header[7:] if header.startswith("Bearer ") else ""
        if tokens is not None and self.note["token"] not in tokens:
            raise Refusal(401, "Unauthorized", "Unauthorized")

    def authorize(self, verb, where):
        """An apply that makes an object is a create, too."""
        verbs = [verb]
        if verb == "patch" and (self.headers.get("Content-Type") or "").startswith("application/apply-patch"):
            key = (where["group"] or "", where["plural"], where["namespace"], where["name"])
            with self.store.lock:
                verbs += [] if key in self.store.objects else ["create"]
        for each in verbs if self.server.allow else ():
            if not self.server.allow(dict(self.note, verb=each)):
                raise Refusal(403, "Forbidden", f'{where["plural"]} is forbidden: cannot {each} resource')

    def hold(self, event):
        while event and not event.wait(0.05) and not self.server.closed.is_set():
            pass

    def suffer(self, fault):
        """False when there is nothing left to answer."""
        if fault is None:
            return True
        if fault.stall:
            self.server.wait(fault.stall)
        self.hold(fault.until)
        if fault.reset:
            self.reset()
            return False
        if fault.status:
            headers = [("Retry-After", str(fault.retry_after))] if fault.retry_after is not None else []
            raise Refusal(fault.status, fault.reason or "InternalError", "by script", headers)
        return True

    # ---- one request ---------------------------------------------------------------

    def handle_request(self):
        split = urlsplit(self.path)
        query = dict(parse_qsl(split.query))
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length) if length else b""
        match = PATH.match(split.path)
        where = match.groupdict() if match else {}
        verb = self.verb_of(where, query)
        self.note = {"verb": verb, "group": where.get("group") or "", "plural": where.get("plural"),
                     "namespace": where.get("namespace"), "name": where.get("name"), "sub": where.get("sub"),
                     "query": query, "time": time.monotonic(), "agent": self.headers.get("User-Agent"), "code": None,
                     "body": parsed(raw), "bookmark": 0}
        with self.store.lock:
            self.store.log.append(self.note)
            fault = self.store.take_fault(verb, where.get("plural"), query)
        try:
            self.authenticate()
            if not match:
                raise Refusal(404, "NotFound", "the server could not find the requested resource")
            self.authorize(verb, where)
            if not self.suffer(fault):
                return
            if raw and self.note["body"] is None:
                raise Refusal(400, "BadRequest", "the body is no JSON")
            self.serve(verb, where, query, self.note["body"], fault)
        except Refusal as r:
            self.answer(r.code, r.body, r.headers)
        except OSError:
            self.close_connection = True

    def verb_of(self, where, query):
        verb = {"GET": "get", "POST": "create", "PUT": "update", "PATCH": "patch",
                "DELETE": "delete"}.get(self.command, "")
        if verb == "get" and not where.get("name"):
            return "watch" if query.get("watch") in ("1", "true") else "list"
        return verb

    def serve(self, verb, where, query, body, fault):
        if verb == "watch":
            self.watch(where["group"] or "", where["plural"], where["namespace"], query, fault)
            return
        code, result = self.act(verb, where, query, body)
        if fault and fault.answer_until:
            fault.done.set()
            self.hold(fault.answer_until)
        if fault and fault.lost:
            self.reset()
        else:
            self.answer(code, result)

    def act(self, verb, where, query, body):
        """(code, what is answered)"""
        group, plural, namespace = where["group"] or "", where["plural"], where["namespace"]
        key = (group, plural, namespace, where["name"])
        store = self.store
        if verb == "list":
            return 200, store.list(group, plural, namespace, query)
        if verb == "get":
            return 200, store.read(key)
        if verb == "create":
            return 201, store.create(key, body)
        if verb == "update":
            return 200, store.replace(key, body, where["sub"])
        if verb == "patch":
            kind = (self.headers.get("Content-Type") or "").split(";")[0]
            return store.patch(key, kind, body, where["sub"], query)
        if verb == "delete":
            return 200, store.delete(key, body)
        raise Refusal(405, "MethodNotAllowed", self.command)

    # ---- watches -------------------------------------------------------------------

    def chunk(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def send_event(self, kind, body, fault, sent):
        """False when the fault ended it."""
        data = json.dumps({"type": kind, "object": body}).encode() + b"\n"
        if fault and fault.cut_after is not None and sent + len(data) > fault.cut_after:
            self.chunk(data[:max(1, fault.cut_after - sent)])
            self.wfile.flush()
            self.server.wait(0.05)
            self.reset()
            return None
        step = fault.piece if fault and fault.piece else len(data)
        for i in range(0, len(data), step):
            self.chunk(data[i:i + step])
            self.wfile.flush()
        return sent + len(data)

    def watch(self, group, plural, namespace, query, fault):
        store = self.store
        try:
            at = int(query.get("resourceVersion") or 0)
        except ValueError as e:
            raise Refusal(400, "BadRequest", "invalid resource version") from e
        seconds = float(query.get("timeoutSeconds") or 1800)
        if fault and fault.end_after is not None:
            seconds = min(seconds, fault.end_after)
        end = time.monotonic() + seconds
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.note["code"] = 200
        self.end_headers()
        self.wfile.flush()
        sent, bookmarked, epoch = 0, at, store.epoch
        if fault and fault.error_event:
            reason = {410: "Expired"}.get(fault.error_event, "InternalError")
            self.send_event("ERROR", Refusal(fault.error_event, reason, "by script").body, None, 0)
            self.chunk(b"")
            return
        while True:
            try:
                with store.lock:
                    events, now = store.changes_since(at, group, plural, namespace)
                    if not events and not store.closing and store.epoch == epoch and time.monotonic() < end:
                        store.lock.wait(min(0.2, max(0.0, end - time.monotonic())))
                        events, now = store.changes_since(at, group, plural, namespace)
            except Refusal as r:  # as an event: the answer was 200 long ago
                self.send_event("ERROR", r.body, None, 0)
                break
            for kind, body in events:
                sent = self.send_event(kind, body, fault, sent)
                if sent is None:
                    return
            at = now
            over = store.closing or store.epoch != epoch or time.monotonic() >= end
            if query.get("allowWatchBookmarks") == "true" and at > bookmarked and (over or not events):
                bookmarked = at
                body = {"kind": "Bookmark", "apiVersion": "v1", "metadata": {"resourceVersion": str(at)}}
                sent = self.send_event("BOOKMARK", body, fault, sent)
                if sent is None:
                    return
                self.note["bookmark"] = at
            if over:
                break
        self.chunk(b"")

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_request


class FakeApiServer(ThreadingHTTPServer):
    """tokens None: everybody is let in."""
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, tokens=None, port=0):
        super().__init__(("127.0.0.1", port), Handler)
        self.store, self.tokens = Store(), tokens
        self.allow = None  # of a request as it is noted: whether RBAC lets it pass; None: all do
        self.closed = threading.Event()
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    def handle_error(self, request, client_address):
        pass

    def wait(self, seconds):
        self.closed.wait(seconds)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def stop(self):
        self.closed.set()
        with self.store.lock:
            self.store.closing = True
            self.store.lock.notify_all()
        self.shutdown()
        self.server_close()

    def kubeconfig(self, path, token="", namespace="default"):
        """Write one that leads here; JSON is YAML."""
        user = {"token": token} if token else {}
        with open(path, "w", encoding="utf-8") as f:
            json.dump({"apiVersion": "v1", "kind": "Config", "current-context": "test",
                       "clusters": [{"name": "c", "cluster": {"server": self.url}}],
                       "users": [{"name": "u", "user": user}],
                       "contexts": [{"name": "test", "context": {"cluster": "c", "user": "u",
                                                                 "namespace": namespace}}]}, f)
        return path


if __name__ == "__main__":
    server = FakeApiServer(set(sys.argv[1:]) or None)
    print(server.server_address[1], flush=True)
    server.thread.join()
