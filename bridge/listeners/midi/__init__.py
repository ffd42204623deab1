"""MIDI: pads, faders and encoders drive the bridge, and light up for what it does.

Any controller with notes, control changes or program changes will do, over USB, over a MIDI network, or from a DAW.

**Switch it on.** `pip install 'daw-bridge[midi]'` brings the driver. `dawbridge midi ports` lists the ports; name one
under `midi: {is_enabled: true, inputs: [...]}` in bridge.yaml (a part of its name is enough). Ports that come and go
are followed every `poll_s`. A machine without MIDI costs one line in the log, and nothing else stops.

**Teach it.** `dawbridge midi learn /bridge/master/run` waits until you touch a control, and prints the binding for
`midi.bindings`; `dawbridge midi learn /bridge/chain/name loud` teaches a pad to choose that chain. `dawbridge midi
monitor` shows what arrives and what it does. `send` is any address of the control surfaces (`dawbridge osc list`), so a
pad can do whatever OSC can.

**What a control does.** The `mode` of a binding says it:

* `press`: a pad or button; acts when it goes down.
* `toggle`: changes on and off, or goes through choices.
* `fader`: 0 to 127 over the whole range, with soft take-over: it moves nothing until it has come past the value.
* `relative`: an endless encoder (1, 2, ... up; 127, 126, ... down), a step at a time.
* `value`: hands the number on as it is; a program counts from 1.

**Program changes.** They choose a chain, program 1 the first, unless a binding says otherwise. Clock, MIDI Machine
Control, active sensing and whatever else is not bound are ignored.

**Lamps and rings.** A binding whose address shows something lights its own control: a pad for `/bridge/queue/paused`
is lit while the queue is paused, a ring for a fader follows it. `show` names another address: a pad that masters may
show `/bridge/lamp/running`, and a CC may show `/bridge/job/progress` as 0 to 127.

**Over a network.** `socket_port: 9012` takes MIDI over TCP, as raw bytes (mido's socket ports), from this machine and
from the hosts in `osc.allow`.

**Markers as MIDI.** Beside each master lies `... .markers.mid`, a Standard MIDI File of type 0 with a marker at each
finding. It runs at 60 BPM, so that a beat is a second, and needs its own tempo: *open* it in Logic Pro (File > Open: a
new project with markers and tempo; dragged in, Logic leaves both out), import it in Cubase with *Import Markers* on and
*Ignore Master Track Events on Merge* off (Preferences > MIDI > MIDI File), in Pro Tools with *Import Tempo Map From
MIDI File*, into a session that has no tempo of its own yet. `results: {markers: smpte}` writes times that no tempo
moves, for programs that read such files. Ableton Live has no road for markers from MIDI files. REAPER and Ardour need
no file: *Bridge: Analyze selected items* and `osc.ardour` put the markers into the session.
"""
