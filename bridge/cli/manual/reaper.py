"""The page about REAPER: install, first split, first master, troubleshooting."""

from bridge.cli.manual.page import Heading, ManualPage, Term, Terms
from bridge.cli.manual.prose import blocks_of

SUMMARY = "Split and master with one key; results come back on the timeline."

BEGIN = """
No extension is needed. The scripts and the daemon talk by small files, so nothing has to be opened in a firewall.

**Install.** Run `dawbridge reaper install`, once; it puts the scripts into REAPER's resource folder and tells them
where the daemon is. With a portable REAPER, name its folder with --resource-path. Then in REAPER: Actions > Show action
list > New action > Load ReaScript, choose `Bridge - Set up and diagnose.lua` and run it: it adds all other actions, and
says in plain words what is wrong, if anything is. Where ReaPack has brought the scripts, the command leaves them to it
and only tells them where the daemon is.

**First split.** Start the daemon (`dawbridge run`, or the button in the panel). Select an item and run *Bridge: Split
selected items into 4 stems*. The stems come on tracks in a folder below the item's track, aligned to it frame by frame;
the item is muted, not deleted, and one undo takes everything back. They are children of the item's track, so they go
through its effects, fader and sends as the item did. Where an item has effects, rate, pitch or fades, you are asked:
render it as it sounds and split that, or split the file and give the stems the same rate, pitch and fades. Sections,
reversed items and subprojects are rendered in any case.

**First master.** Run *Bridge: Master project*. The project is rendered by its own settings: rate, channels, tail,
fades, second pass and metadata. It is never normalised, limited, trimmed or dithered, and never into a lossy format
or 16 bits; every setting is put back, also when you stop the render. The master comes on the track Masters, which is
muted, because the session plays the mix already. A second master of the same place becomes a new take.

**Mix against master.** *Bridge: Toggle A-B* plays the master, then the mix that it was made of, then the master
again; *Hear A* and *Hear B* play one of them, control surfaces do the same from afar, and *Leave A-B* ends it. Both
are as loud as each other by integrated loudness: the louder one is turned down by its take's volume, nothing is
turned up, and no file is changed. Other solos are lifted meanwhile and the effects of the master track are passed by,
since the mix went through them when it was rendered; all that comes back afterwards, and each step can be undone.
What is asked for in A/B is rendered from the session.
"""

TROUBLE = """
**"The bridge's daemon is not running."** Start it with the button, or `dawbridge run`. When it runs and the scripts do
not see it, they look into another folder: `dawbridge reaper doctor` tells which, `dawbridge reaper install` mends it.

**REAPER was closed in mid-job.** Nothing is lost. Save the project before; when it is open again, run *Bridge: Collect
finished results*.

**A job failed.** REAPER's console says why. When the cause is gone, run *Bridge: Retry failed jobs of this project*.

**A render into a watched folder is done twice.** The scripts render into `Bridge/Renders` beside the project; do not
watch that folder, or one above it with `is_recursive`.

**Where are the files?** Renders are in `Bridge/Renders`, results in `Bridge/Returns`, both beside the project file.
"""

ACTIONS = (
    ("Split selected items into ...", "2, 4, 5 or 6 stems, on tracks below the item's, aligned to it."),
    ("Split ... stems (ask)", "The same, with quality, tracks or takes, and what to do with effects."),
    ("Master project", "With the chain used last."),
    ("Master time selection", "The same for a part of it."),
    ("Master selected regions", "One master for each region."),
    ("Master with a chain from a menu", "The time selection, or the project without one."),
    ("Analyze selected items", "Figures as notes; findings as markers, regions and take markers."),
    ("Remove problem markers", "All of them, and nothing that you made or renamed."),
    ("Toggle A-B, Hear A, Hear B, Leave A-B", "Mix against master at equal loudness, on the track of the masters."),
    ("Show the panel", "Jobs, progress, chain, figures, and the state of the daemon."),
    ("Open last report", "The page of the last result of this project."),
    ("Collect finished results", "What was finished while REAPER or the project was closed."),
    ("Cancel jobs of this project", "Of the project that is shown, and no other."),
    ("Retry failed jobs ...", "What failed in this project, asked for again as it was."),
    ("Set up and diagnose", "Adds the actions, tests the road to the daemon and back."),
)


def reaper_page() -> ManualPage:
    """How to work with REAPER."""
    actions = tuple(Term(name, about) for name, about in ACTIONS)
    blocks = (*blocks_of(BEGIN), Heading("Actions"), Terms(actions, "Action"), Heading("When something is wrong"))
    return ManualPage("reaper-scripts", "REAPER", SUMMARY, (*blocks, *blocks_of(TROUBLE)))
