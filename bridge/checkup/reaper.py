"""The scripts in REAPER, and the road between them and the daemon."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

from bridge.checkup.finding import Area, Finding, bad, ok, warn
from bridge.checkup.folders import write_fault
from bridge.daws.reaper import (
    SETTINGS_FILE,
    ScriptSettings,
    found_scripts,
    installed_settings,
    packaged_scripts,
    script_files,
    web_port,
)
from bridge.listeners.tickets.box import DAEMON_FILE, TicketBox
from bridge.listeners.tickets.forms import Heartbeat
from bridge.settings import Settings

HERE = Area.REAPER
INSTALL = "Run: dawbridge reaper install"
ALIVE_S = 10.0


def check_reaper(resources: Path, settings: Settings) -> Iterator[Finding]:
    """Findings about one installation of REAPER."""
    if not resources.is_dir():
        cure = "Start REAPER once, or name its resource folder with --resource-path."
        yield bad(HERE, "REAPER", f"{resources} is not there", cure)
        return
    yield ok(HERE, "REAPER", f"resource folder {resources}")
    yield _about_scripts(found_scripts(resources))
    told = installed_settings(resources)
    if told is None:
        yield bad(HERE, "settings", f"{resources / SETTINGS_FILE} is missing or damaged", INSTALL)
        return
    yield from _about_settings(told, settings)
    yield from _about_tickets(Path(told.tickets))
    yield _about_push(resources, TicketBox(Path(told.tickets)))


def _about_scripts(folder: Path) -> Finding:
    wanted, there = script_files(packaged_scripts()), script_files(folder)
    if not there:
        return bad(HERE, "scripts", f"there are none in {folder}", INSTALL)
    if there != wanted:
        return warn(HERE, "scripts", f"those in {folder} are of another version", INSTALL)
    return ok(HERE, "scripts", f"{len(there)} files in {folder}, up to date")


def _about_settings(told: ScriptSettings, settings: Settings) -> Iterator[Finding]:
    folders = settings.ticket_folders
    if not folders:
        yield bad(HERE, "tickets", "the daemon reads none: `tickets.is_on` is off", "Switch it on in bridge.yaml.")
    elif Path(told.tickets) not in folders:
        read = ", ".join(map(str, folders))
        yield bad(HERE, "tickets", f"the scripts write to {told.tickets}, the daemon reads {read}", INSTALL)
    else:
        yield ok(HERE, "tickets", told.tickets)
    program = Path(told.start.split('"')[1]) if told.start.startswith('"') else Path(told.start.split()[0])
    if program.is_file() and os.access(program, os.X_OK):
        yield ok(HERE, "start", told.start)
    else:
        yield warn(HERE, "start", f"{program} is not there any more", INSTALL)


def _about_tickets(folder: Path) -> Iterator[Finding]:
    if not folder.is_dir():
        yield warn(HERE, "ticket folder", f"{folder} is not there yet", "Start the daemon: dawbridge run")
        return
    if (fault := write_fault(folder)) is not None:
        yield bad(HERE, "ticket folder", f"{folder} cannot be written: {fault}", "Allow writing there.")
        return
    try:
        beat = Heartbeat.model_validate_json((folder / DAEMON_FILE).read_bytes())
    except (OSError, ValueError):
        yield warn(HERE, "daemon", "none reads the ticket folder", "Start it: dawbridge run")
        return
    age_s = time.time() - beat.now_s
    if age_s > ALIVE_S:
        yield warn(HERE, "daemon", f"the last sign of life is {age_s:.0f} s old", "Start it: dawbridge run")
    else:
        yield ok(HERE, "daemon", f"reads tickets (process {beat.pid}, version {beat.version})")


def _about_push(resources: Path, box: TicketBox) -> Finding:
    port, card = web_port(resources), box.daw()
    if card is None:
        cure = "In REAPER run the action Bridge: Set up and diagnose, once."
        return warn(HERE, "results", "the scripts look for them; REAPER cannot be called", cure)
    if card.web_port is None and card.osc_port is None:
        return ok(HERE, "results", "the scripts look for them (neither web interface nor OSC is on, none is needed)")
    if card.web_port is not None and card.web_port != port:
        cure = "In REAPER run the action Bridge: Set up and diagnose again."
        return warn(HERE, "results", f"the web interface had port {card.web_port} and has {port or 'none'} now", cure)
    return ok(HERE, "results", f"REAPER is called at port {card.web_port or card.osc_port}")
