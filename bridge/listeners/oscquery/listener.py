"""OscQueryListener: HTTP and WebSocket at one port."""

import ipaddress
import json
import logging
import socket
import threading
from http import HTTPStatus
from urllib.parse import unquote, urlsplit

from websockets.datastructures import Headers
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

from bridge.control_settings import is_loopback
from bridge.errors import Fault, SettingsError
from bridge.listeners.oscquery.announce import Announcement, announce
from bridge.listeners.oscquery.client import QueryClient
from bridge.listeners.oscquery.namespace import answer, host_info
from bridge.settings import Settings
from bridge.surface import Entry, Surface
from bridge.surface.doorkeeper import Doorkeeper
from bridge.surface.panel import Feed
from bridge.surface.wire import PACKET_BYTES_MAX

QUIET = logging.getLogger("bridge.oscquery.wire")
"""Of the library: a browser that goes away is no news."""
QUIET.setLevel(logging.CRITICAL)
log = logging.getLogger(__name__)


class OscQueryListener:
    """Serves the namespace, and values to whoever listens."""

    def __init__(self, settings: Settings, surface: Surface, osc_port: int | None) -> None:
        """Touches nothing yet.

        Args:
            settings: host and port; `osc.allow` names who may ask.
            surface: takes commands, and shows values.
            osc_port: where commands go by UDP; None without that.
        """
        self._settings = settings.oscquery
        self._keeper = Doorkeeper(settings.osc.allow)
        self._surface = surface
        self._osc_port = osc_port
        self._clients: frozenset[QueryClient] = frozenset()
        self._lock = threading.Lock()
        self._server: Server | None = None
        self._announcement: Announcement | None = None
        self._thread = threading.Thread(target=self._serve, name="oscquery", daemon=True)
        self._feed = Feed(surface.panel, self._show, settings.osc.feedback_hz, "oscquery-feedback")
        self.port = 0
        """Where it is served, once it is open."""

    def start(self) -> None:
        """Opens the port and begins to serve.

        Raises:
            SettingsError: the port is taken, or the address is not this machine's.
        """
        host = self._settings.host
        try:
            self._server = serve(
                self._meet, host, self._settings.port, process_request=self._answer, max_size=PACKET_BYTES_MAX,
                compression=None, server_header=None, logger=QUIET,
            )  # fmt: skip
        except OSError as reason:
            sentence = (
                f"{host}:{self._settings.port} cannot be opened ({reason.strerror}): another program has the port, "
                "or the address is not this machine's. Choose another `oscquery.port`."
            )
            raise SettingsError([Fault(sentence, "oscquery.port")]) from reason
        self.port = int(self._server.socket.getsockname()[1])
        self._feed.start()
        self._thread.start()
        if self._settings.is_announced:
            self._announcement = announce(self._name(), host, self.port, self._osc_port)
        log.info("OSCQuery at http://%s:%d", host, self.port, extra={"action": "oscquery_ready"})

    def stop(self) -> None:
        """Ends serving."""
        self._feed.stop()
        if self._announcement is not None:
            self._announcement.withdraw()
        for client in self._clients:
            client.leave()
        if self._server is not None:
            self._server.shutdown()
            self._thread.join(5.0)

    def _serve(self) -> None:
        assert self._server is not None
        self._server.serve_forever()

    # --- HTTP ---------------------------------------------------------------------------------------------------------

    def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        """The answer to an HTTP request; None where a WebSocket is wanted and may be had."""
        if not self._may_ask(connection, request.headers):
            return _response(HTTPStatus.FORBIDDEN)
        if request.headers.get("Upgrade", "").casefold() == "websocket":
            is_full = len(self._clients) >= self._settings.clients_max
            return _response(HTTPStatus.SERVICE_UNAVAILABLE) if is_full else None
        target = urlsplit(request.path)
        info = host_info(self._name(), self._osc_port, self.port)
        reply = answer(unquote(target.path), target.query.partition("=")[0], self._surface.read, info)
        content = None if reply.content is None else json.dumps(reply.content, ensure_ascii=False)
        return _response(reply.code, content)

    def _may_ask(self, connection: ServerConnection, headers: Headers) -> bool:
        """Whether a host is allowed, and no web page of another site stands behind the request."""
        host = str(connection.remote_address[0])
        is_named_here = _is_address(urlsplit(f"//{headers.get('Host', '')}").hostname)
        origin = headers.get("Origin")
        return self._keeper.admits(host) and is_named_here and (origin is None or _is_own(origin))

    def _name(self) -> str:
        return f"daw-bridge on {socket.gethostname()}"

    # --- WebSocket ----------------------------------------------------------------------------------------------------

    def _meet(self, connection: ServerConnection) -> None:
        """Serves one client, on a thread of its own."""
        host, port = connection.remote_address[:2]
        client = QueryClient(connection, self._surface, f"{host}:{port}")
        with self._lock:
            self._clients |= {client}
        try:
            client.serve()
        finally:
            with self._lock:
                self._clients -= {client}

    def _show(self, entries: tuple[Entry, ...]) -> None:
        for client in self._clients:
            client.show(entries)


def _is_address(host: str | None) -> bool:
    """Whether a Host header names an address or this machine: a name that somebody else's DNS gives is refused."""
    if host is None:
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host in {"localhost", socket.gethostname().casefold(), f"{socket.gethostname().casefold()}.local"}
    return True


def _is_own(origin: str) -> bool:
    """Whether a page comes from this machine."""
    host = urlsplit(origin).hostname
    return host is not None and is_loopback(host)


def _response(code: HTTPStatus, content: str | None = None) -> Response:
    body = b"" if content is None else content.encode()
    headers = Headers(
        {
            "Content-Type": "application/json; charset=utf-8",
            "Content-Length": str(len(body)),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Connection": "close",
        }
    )
    if code is HTTPStatus.NO_CONTENT:
        del headers["Content-Type"]
    return Response(code.value, code.phrase, headers, body)
