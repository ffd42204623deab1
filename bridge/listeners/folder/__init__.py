"""The watch folder: bounce into it, and the bounce becomes a job.

Point your DAW's export at the watch folder and bounce as always. There is nothing to rename and nothing to wait for:
each bounce is taken once, when it is finished, and so is each new version under the same name.

**When is a bounce finished?** A DAW gives a file its final name before the first sample is in it, so a new name means
an unfinished file. A file is taken when two things hold:

1. *Its header says so.* WAV, RF64, W64, AIFF, CAF and FLAC say how much audio they hold; exporters fill that in when
   they close the file. Until it agrees with the length of the file, the file is left alone, even if it stands still
   for minutes while the DAW analyses. MP3, Ogg and streamed files say nothing; for them only the second thing counts.
2. *It is quiet.* On Linux the system tells when a file is closed: `settle_s` (0.15 s) after the last close it is taken,
   and its job starts about 0.2 s after the bounce has ended. If it is opened and written again in that time (Ardour
   adds tags to a FLAC), the time starts anew. Where no close is told - macOS, Windows, network folders, a link, a
   file that was there before the start - it must stand still for `still_s` (2 s), and twice as long when its format
   says nothing about its length (five times on network folders). A file that was renamed into place counts as closed.

**A new version.** A file that is bounced again under its name (another size, time or inode) is a new version and is
taken again. A file that is only renamed or copied inside the watch folder is taken under its new name.

**What is ignored.** Whatever has no extension of audio (`.wav .wave .bwf .rf64 .w64 .aif .aiff .aifc .caf .flac .mp3
.ogg .oga .opus .m4a`): sidecars like `.asd`, `.reapeaks` or `.pkf`, downloads and temporary files. Names that begin
with a dot or `~`. Folders inside the watch folder, unless `is_recursive` is set; then hidden ones. Return folders, and
every file that carries the mark of one of our own jobs, wherever it lies: the bridge never answers its own files.

**What is reported.** A file that will never be a render is told once, with what to do: text that is called .wav, a
file that may not be read, a link that leads out of the session folders, a render beyond the limits - and, after
`stuck_s` (60 s) without a change, a bounce that was never finished or was cut off. `dawbridge jobs list --failed` shows
them, and `dawbridge doctor` points there. None of them is lost: when the file changes, it is looked at again. A watch
folder that is not there is told once too; it is taken up when it comes back.

**At the start.** The files that are there are taken as well, except those that already had a job: a bounce made while
the bridge was off is found, and nothing is done twice. `still_s` applies to them.

**Groups** (`group: auto`). Files that are written together become one job:

* *Formats*: one name with several extensions (`Song.wav Song.flac Song.mp3`). The best PCM file is worked on. A lossy
  copy that follows within half a minute is left aside.
* *Split channels*: mono files `Song.L Song.R`, `Song_L Song_R`, `Song (Left) Song (Right)`, `Song-1 Song-2`, and the
  marks C, LFE, Ls, Rs, of one rate and length (one frame apart at most). They are put together first.
* *Stems*: files of one rate and length (one frame apart at most) that share the beginning of their names
  (`Song - Bass`, `Song - Drums`), that are numbered (`01_Kick`, `02_Bass`), or that are just called `Bass`, `Drums`,
  `Vocals`. The mix is their sum. Numbered and bare names take the song's name from the folder around them.
* *Mix and stems*: the same with a mix among them: the bare name (`Song` beside `Song - Bass`), or one that says so
  (`Song Mix`, `Song Master`, `00_Mix`, ...). The mix is worked on, the stems are listed in the report.

Nothing is summed on a guess: files called `v1`/`v2`, `A`/`B`, `001`/`002`, `Clean`, `Radio Edit`, `Vocal Up` are
versions, not stems; a set in which one file has another length is not complete; songs of an album differ in length.
All of these come as single jobs. A plain bounce does not wait for company. A file waits while another one with a
related name is being written (for ten minutes at most), and 1.5 s when its own name says that it is one of several.
`group: off` makes each file a job of its own.

**Albums** (`recipe: {do: album}`). Each folder inside the watch folder is a record: when nothing in it grows and for
`album_quiet_s` (15 s) nothing has settled in it, all its songs become one job, in the order of their names. A song that
is bounced again later makes the whole record anew. Nothing is grouped; a song outside of such a folder is reported.

**Settings.** Each entry under `watch:` in bridge.yaml has its own. `poll_s` says how often the folder is looked through
even when nothing was told (a folder of many thousand files less often, so that waiting costs at most 0.2 % of a core);
`is_network` means looking only, because file events of network folders are not to be trusted.

Inside: `settler` (is it finished?), `gatherer` and `grouping` (what belongs together?) are pure and told the time;
`look`, `events` and `presence` touch the system; `listener` is the thread that joins them.
"""
