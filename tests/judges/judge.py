"""A marketplace in memory that answers as documented, and complains of every request that an independent SDK would not have sent.

Below `/judge/` tests look at it and spoil it: GET state; POST fault {call, mode, times}, clock {now}, status {id, status, ...}, end_access.
"""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit


class Refused(Exception):
    """An answer that is not a success."""

    def __init__(self, body, status=200):
        super().__init__(str(body))
        self.body, self.status = body, status


class Request:
    def __init__(self, handler):
        parts = urlsplit(handler.path)
        self.method, self.path = handler.command, parts.path
        self.query = parse_qsl(parts.query, keep_blank_values=True)
        self.headers = handler.headers
        self.kind = handler.headers.get("content-type", "")
        self.body = handler.rfile.read(int(handler.headers.get("content-length") or 0))

    def json(self):
        return json.loads(self.body) if self.body else {}

    def form(self):
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


class Judge:
    """What a marketplace's judge fills in: `answer(request) -> (status, headers, body)`."""

    def __init__(self):
        self.lock = threading.RLock()
        self.items, self.complaints, self.calls, self.faults = {}, [], [], []
        self.now, self.next_id, self.access_ended, self.renewals = None, 1729592969712207000, False, 0

    def new_id(self):
        self.next_id += 1
        return str(self.next_id)

    def complain(self, what):
        self.complaints.append(what)

    def fault(self, call):
        with self.lock:
            for fault in self.faults:
                if fault["times"] > 0 and call.endswith(fault["call"]):
                    fault["times"] -= 1
                    return fault["mode"]
        return None

    def state(self):
        return {"items": list(self.items.values()), "complaints": self.complaints, "calls": self.calls, "renewals": self.renewals}

    def control(self, what, told):
        if what == "fault":
            self.faults.append({"times": 1, **told})
        elif what == "clock":
            self.now = told["now"]
        elif what == "status":
            self.items[told.pop("id")].update(told)
        elif what == "end_access":
            self.access_ended = True
        elif what == "item":
            self.items[told["id"]] = told


def serve(judge):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def send(self, status, body, headers=()):
            data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            for name, value in headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def handle_any(self):
            request = Request(self)
            if request.path.startswith("/judge/"):
                with judge.lock:
                    if request.method == "POST":
                        judge.control(request.path.rsplit("/", 1)[1], request.json())
                    self.send(200, judge.state())
                return
            call = f"{request.method} {request.path}"
            mode = judge.fault(call)
            if mode == "cut_before":
                self.close_connection = True
                return
            with judge.lock:
                judge.calls.append(call)
                try:
                    status, body = 200, judge.answer(request)
                except Refused as refused:
                    status, body = refused.status, refused.body
                except Exception as broken:  # a request that the judge can't even read
                    judge.complain(f"{call}: {type(broken).__name__}: {broken}")
                    status, body = 500, {"message": "judge"}
            if mode == "cut_after":
                self.close_connection = True
                return
            self.send(status, body)

        do_GET = do_POST = do_PUT = do_DELETE = handle_any

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    print(json.dumps({"url": f"http://127.0.0.1:{server.server_port}"}), flush=True)
    # The test that started it holds the other end of standard input: when it dies, so does this.
    threading.Thread(target=lambda: (sys.stdin.read(), server.shutdown()), daemon=True).start()
    server.serve_forever()
