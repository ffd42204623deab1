"""OSCQuery: a surface asks the bridge what it can do, and builds itself.

Programs that speak OSCQuery (Vezér, ossia score, VDMX, Chataigne, MadMapper and others) need no set-up: they read every
address with its type, range, unit and value, and show sliders and buttons for them.

**Switch it on.** Set `oscquery: {is_enabled: true}` in bridge.yaml. The namespace is then at `http://127.0.0.1:9011/`;
open it in a browser to see it. With `osc: {is_enabled: true}` commands go there over UDP; without it, over the
WebSocket at the same port.

**What is served.** `GET /` gives all addresses as JSON, `GET /bridge/job` those below one, `GET
/bridge/job/progress?VALUE` one attribute, `GET /?HOST_INFO` the ports. Attributes: FULL_PATH, DESCRIPTION, ACCESS,
TYPE, RANGE, UNIT, VALUE, CRITICAL. An attribute that a node does not have answers 204, one that there is not 400, an
address that there is not 404.

**WebSocket.** `{"COMMAND": "LISTEN", "DATA": "/bridge/job/progress"}` sends the value now and each change from then on,
as binary OSC packets; `IGNORE` ends that. Binary packets that come in are commands, and are answered in the same way.

**Who may ask.** Programs of this machine, and the hosts in `osc.allow`. Pages of other web sites may not, even when
they are open in a browser of this machine. `is_announced: true` announces it on the network by mDNS, for which
`pip install 'daw-bridge[mdns]'` brings what is needed.
"""
