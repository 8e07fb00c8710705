"""A file server for this machine alone, with ranges and entity tags, for the scripts beside it.

usage: serve.py FOLDER   (prints the port, then serves until it is killed)
"""

import http.server
import os
import socket
import sys
import urllib.parse


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = os.path.join(sys.argv[1], urllib.parse.unquote(self.path.lstrip("/")))
        if not os.path.isfile(path):
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            start, end, status = 0, size, 200
            wanted = self.headers.get("Range", "")
            if wanted.startswith("bytes=") and self.headers.get("If-Range", '"1"') == '"1"':
                first, _, last = wanted[6:].partition("-")
                start, end, status = int(first), int(last or size - 1) + 1, 206
            self.send_response(status)
            if status == 206:
                self.send_header("Content-Range", f"bytes {start}-{end - 1}/{size}")
            self.send_header("ETag", '"1"')
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Length", str(end - start))
            self.end_headers()
            self.wfile.flush()
            try:
                while start < end:
                    sent = os.sendfile(self.connection.fileno(), file.fileno(), start, end - start)
                    if sent == 0:
                        break
                    start += sent
            except OSError:
                self.close_connection = True

    def log_message(self, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True

    def get_request(self):
        connection, address = super().get_request()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection, address

    def handle_error(self, request, address):
        pass


server = Server(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
