"""Control surfaces: what is switched on, and whether its ports and bindings will do."""

import socket
from collections.abc import Iterator

from bridge.checkup.finding import Area, Finding, bad, ok, warn
from bridge.checkup.running import running_daemon
from bridge.errors import SettingsError
from bridge.settings import Settings

HERE = Area.SURFACES


def check_surfaces(settings: Settings) -> Iterator[Finding]:
    """Findings about OSC, OSCQuery and MIDI."""
    if not (settings.osc.is_enabled or settings.oscquery.is_enabled or settings.midi.is_enabled):
        yield ok(HERE, "ports", "none used: `osc`, `oscquery` and `midi` are off in the settings")
    is_running = running_daemon(settings.data_folder) is not None
    if settings.osc.is_enabled:
        yield _about_port("OSC", settings.osc.host, settings.osc.port, "osc.port", is_ours=is_running)
    if settings.oscquery.is_enabled:
        yield _about_port(
            "OSCQuery", settings.oscquery.host, settings.oscquery.port, "oscquery.port", is_ours=is_running
        )
    if settings.midi.is_enabled:
        yield from _about_midi(settings)


def _about_port(subject: str, host: str, port: int, key: str, *, is_ours: bool) -> Finding:
    """Whether a port is there to be had; the daemon's own is its own."""
    try:
        socket.create_server((host, port)).close()
    except OSError as reason:
        if not is_ours:
            return bad(HERE, subject, f"{host}:{port} cannot be opened ({reason.strerror})", f"Choose another `{key}`.")
    return ok(HERE, subject, f"{host}:{port}")


def _about_midi(settings: Settings) -> Iterator[Finding]:
    from bridge.listeners.midi.listener import refuse_unknown_addresses  # noqa: PLC0415 - mido, only where MIDI is wanted
    from bridge.listeners.midi.ports import RtMidi  # noqa: PLC0415

    try:
        refuse_unknown_addresses(settings.midi)
    except SettingsError as reason:
        yield bad(HERE, "MIDI bindings", reason.sentence, "See the addresses: dawbridge osc list")
    if not settings.midi.inputs:
        yield ok(HERE, "MIDI", f"{len(settings.midi.bindings)} bindings, no port of this machine")
        return
    names = RtMidi().names()
    for wanted in settings.midi.inputs:
        found = [name for name in names.inputs if wanted.casefold() in name.casefold()]
        if found:
            yield ok(HERE, "MIDI", found[0])
        else:
            sentence = f"no port named {wanted}: {names.trouble}" if names.trouble else f"no port named {wanted}"
            yield warn(HERE, "MIDI", sentence, "Connect it; the bridge takes it up when it comes: dawbridge midi ports")
