"""The ticket folder: ask for work by writing a small file, from any program that can write files.

Scripts in a DAW need no network and no library for this. A ticket is a JSON file `<id>.json`, written under another
name and then renamed. While its job waits and runs, `<id>.progress.json` says how far it is; when it has ended,
`<id>.result.json` holds state, files, figures and markers, and whoever wrote the ticket removes it.

**Where.** `tickets` in the data folder of daw-bridge, or the folders under `tickets.folders`.

**Is the daemon there?** `daemon.json` is written every two seconds and holds the chains to choose from. `jobs.json`
lists the latest jobs.

**What may be named.** A ticket may name any file and return folder that you can use yourself, when both the ticket and
its folder are yours and nobody else can write there. Otherwise files and return folder must lie inside the session
roots.

**What is refused.** A ticket that is not of this form, names a missing file, or is older than `tickets.stale_h` hours
is moved to `refused/`, with a sentence beside it; its result says the same.

**The same ticket twice** gives one job, also when the daemon was restarted in between.

The forms are in `examples/tickets/`, with a schema and an example of each.

Inside: `forms` declares what stands in the files, `box` is the folder on the disk, `checks` and `answers` are pure,
`listener` is the thread.
"""
