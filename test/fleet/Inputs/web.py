# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A web server as winners are kept on: GET, HEAD, PUT and DELETE of files, conditions, a bearer token for what
writes; and with faults. The file `mode` in its folder is read for each request:

    hang      takes the request and never answers
    slow S    answers after S seconds
    rubbish   answers everything with a page of somebody else
    full      507 for what writes
    broken    500 for everything
    large     answers with more than anybody wants to read
    skew S    its clock is S seconds off"""

import email.utils
import hashlib
import http.server
import os
import ssl
import subprocess
import sys
import threading
import time

TOKEN = "secret"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    lock = threading.Lock()
    root = ""
    skew = 0

    def log_message(self, *_):
        pass

    def date_time_string(self, timestamp=None):
        moment = (timestamp if timestamp is not None else time.time()) + self.skew
        return email.utils.formatdate(moment, usegmt=True)

    def path_of(self):
        return os.path.join(self.root, "data", self.path.lstrip("/"))

    def reply(self, status, body=b"", **headers):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def disturbed(self, writes):
        try:
            with open(os.path.join(self.root, "mode")) as file:
                words = file.read().split()
        except FileNotFoundError:
            words = []
        mode = words[0] if words else ""
        self.skew = 0
        if mode == "skew":
            self.skew = float(words[1])
        elif mode == "hang":
            time.sleep(3600)
        elif mode == "slow":
            time.sleep(float(words[1]))
        elif mode == "rubbish":
            self.reply(200, b"<html>Please log in to the guest network</html>")
            return True
        elif mode == "large":
            self.reply(200, b"x" * (1 << 20))
            return True
        elif mode == "broken":
            self.reply(500)
            return True
        elif mode == "full" and writes:
            self.reply(507)
            return True
        return False

    def content(self):
        try:
            with open(self.path_of(), "rb") as file:
                return file.read(), os.path.getmtime(self.path_of())
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None, 0

    @staticmethod
    def etag(content):
        return '"' + hashlib.sha256(content).hexdigest()[:16] + '"'

    def do_GET(self):
        if self.disturbed(False):
            return
        with self.lock:
            content, modified = self.content()
        if content is None:
            self.reply(404)
        else:
            self.reply(200, content, ETag=self.etag(content), Last_Modified=self.date_time_string(modified))

    do_HEAD = do_GET

    def may_write(self):
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self.reply(403)
            return False
        return True

    def do_PUT(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.disturbed(True) or not self.may_write():
            return
        with self.lock:
            content, _ = self.content()
            match, none_match = self.headers.get("If-Match"), self.headers.get("If-None-Match")
            if (none_match == "*" and content is not None) or (
                match is not None and (content is None or match != self.etag(content))
            ):
                self.reply(412)
                return
            os.makedirs(os.path.dirname(self.path_of()), exist_ok=True)
            with open(self.path_of(), "wb") as file:
                file.write(body)
        self.reply(201)

    def do_DELETE(self):
        if self.disturbed(True) or not self.may_write():
            return
        with self.lock:
            try:
                os.remove(self.path_of())
            except FileNotFoundError:
                pass
        self.reply(204)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A helper that is killed leaves its connections: no error of the test's, which would hide one that is."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Web:
    """Runs one in this process, as long as the `with` lasts."""

    def __init__(self, root, tls=False):
        self.root = root
        self.tls = tls
        os.makedirs(os.path.join(root, "data"), exist_ok=True)

    def __enter__(self):
        handler = type("HandlerHere", (Handler,), {"root": self.root})
        self.server = Server(("127.0.0.1", 0), handler)
        scheme = "http"
        if self.tls:
            scheme = "https"
            self.certificate = os.path.join(self.root, "certificate.pem")
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
                 "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", os.path.join(self.root, "key.pem"),
                 "-out", self.certificate],
                check=True, stderr=subprocess.DEVNULL)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate, os.path.join(self.root, "key.pem"))
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.url = f"{scheme}://127.0.0.1:{self.server.server_port}"
        self.remote = f"{self.url}|bearer-token={TOKEN}"
        return self

    def set_mode(self, mode):
        with open(os.path.join(self.root, "mode.new"), "w") as file:
            file.write(mode)
        os.rename(os.path.join(self.root, "mode.new"), os.path.join(self.root, "mode"))

    def objects(self):
        found = []
        for place, _, names in os.walk(os.path.join(self.root, "data", "winners")):
            found += [os.path.join(place, name) for name in names if name.endswith(".json")]
        return found

    def kill(self):
        self.server.shutdown()
        self.server.server_close()

    def __exit__(self, *_):
        self.kill()


if __name__ == "__main__":  # for benchmarks and by hand: web.py FOLDER
    with Web(sys.argv[1]) as web:
        print(web.remote, flush=True)
        web.thread.join()
