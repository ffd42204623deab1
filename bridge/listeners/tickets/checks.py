"""What a ticket may say that its form alone cannot tell: pure, but for the look at folders."""

import os
from pathlib import Path, PureWindowsPath

from bridge.errors import RequestError
from bridge.listeners.tickets.box import Slip
from bridge.listeners.tickets.forms import WorkTicket
from bridge.units import clock


def paths_in(ticket: WorkTicket) -> tuple[Path, ...]:
    """The files of a ticket.

    Raises:
        RequestError: a path is not whole, or is written as another system writes paths.
    """
    return tuple(own_path(text) for text in ticket.files)


def folder_in(ticket: WorkTicket) -> Path | None:
    """The return folder of a ticket, if it names one; errors as `paths_in`."""
    return None if ticket.return_folder is None else own_path(ticket.return_folder)


def own_path(text: str, system: str = os.name) -> Path:
    """A path of this system; on Windows both slashes will do.

    Raises:
        RequestError: not whole, of another system, or with a character that no path may hold.
    """
    if "\0" in text:
        raise RequestError(f"{text!r} holds a NUL character: no file is named like that.")
    is_of_windows = bool(PureWindowsPath(text).drive) and PureWindowsPath(text).is_absolute()
    if system == "nt":
        if not is_of_windows:
            raise RequestError(f"{text} is not a whole path: begin with a drive (C:\\...) or a share (\\\\name\\...).")
        return Path(text)
    if text.startswith("/"):
        return Path(os.path.normpath(text))
    if is_of_windows:
        raise RequestError(f"{text} is a path of Windows, and the daemon runs on another system: run both on one.")
    raise RequestError(f"{text} is not a whole path: begin with a slash.")


def refuse_stale(slip: Slip, ticket: WorkTicket, stale_h: float, now_s: float) -> None:
    """Nothing, for a ticket that somebody still waits for.

    Raises:
        RequestError: it lay there too long.
    """
    age_s = now_s - (ticket.created_s or slip.mtime_s)
    if age_s > stale_h * 3600:
        days = age_s / 86400
        age = f"{days:.0f} days" if days >= 2 else f"{clock(age_s)} hours"
        raise RequestError(f"This was asked for {age} ago, when no daemon ran: ask again if it is still wanted.")
