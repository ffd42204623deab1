"""A server with files of weights, as published ones lie: by name, in parts if asked, and with a line that breaks."""

import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SENT_BEFORE_BREAK = 300_000


@dataclass
class Shelf:
    """What lies there, and what was asked for."""

    files: Mapping[str, bytes]
    address: str = ""
    breaks_left: int = 0
    """So many of the next answers break off."""
    asked: list[tuple[str, int]] = field(default_factory=list)
    """Name, and the byte to begin with."""


@contextmanager
def opened_shelf(files: Mapping[str, bytes]) -> Generator[Shelf]:
    """A shelf that is open as long as the context."""
    shelf = Shelf(files)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self, shelf)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        shelf.address = f"http://127.0.0.1:{server.server_port}/"
        yield shelf
        server.shutdown()
        thread.join()


def answer(request: BaseHTTPRequestHandler, shelf: Shelf) -> None:
    """Gives a file from the byte that is asked for."""
    name, first = request.path.lstrip("/"), int(request.headers.get("Range", "bytes=0-")[6:-1])
    shelf.asked.append((name, first))
    content = shelf.files.get(name)
    if content is None or first >= len(content):
        request.send_error(404 if content is None else 416)
        return
    request.send_response(206 if first else 200)
    request.send_header("Content-Length", str(len(content) - first))
    request.end_headers()
    rest = content[first:]
    if shelf.breaks_left:
        shelf.breaks_left -= 1
        rest = rest[:SENT_BEFORE_BREAK]
    request.wfile.write(rest)
