"""OSC: buttons, faders and programs drive the bridge, and see what it does.

Anything that speaks OSC can master the last render, choose a chain, move a target with a fader, and show progress and
figures: TouchOSC, Open Stage Control, Pure Data, Max, a script with `oscsend`.

**Switch it on.** Set `osc: {is_enabled: true}` in bridge.yaml, and start the bridge again. It listens on port 9010 of
this machine, on UDP and on TCP. For a tablet, set `host: 0.0.0.0` and name the tablet in `allow`, such as
`allow: [192.168.1.20]`; packets of anybody else are not even answered.

**Try it.** `oscsend localhost 9010 /bridge/master/run` masters the last render with the chosen chain. `dawbridge osc
list` shows every address, `dawbridge osc watch` shows all feedback, and `dawbridge osc send /bridge/chain/next` sends
one command and prints its answers.

**Commands.** A button sends one number: what is not 0 is a press, 0 is its release and does nothing. Numbers may come
as integers, floats or text; on and off as 1 and 0 or as OSC's own true and false. A last argument such as
`id:tablet-17` is the client id of the command: whoever repeats a command with the same id within ten minutes gets the
same answers, and nothing is done twice. An address without arguments that shows something answers with its value.
Address patterns (`/bridge/job/{cancel,retry}`) and bundles act; time tags are ignored unless `heeds_time_tags` is set.

**Answers.** They go to the port from which a command came:

* `/bridge/ack id address`: it has come in.
* `/bridge/reply id address ...`: what it gave, a message for each row, then `/bridge/reply/end id address rows`: it is
  done. Commands that give nothing end so too when they bring a client id.
* `/bridge/error id code sentence`: it was not done, and why. `/bridge/command/error` shows the last such sentence.

**Feedback.** `/bridge/subscribe` sends every value at once and each change from then on, to the port it came from or to
the one it names. It ends after `lease_s` (60 s) without any packet from that host; `/bridge/heartbeat` comes every 5 s.
Devices that cannot subscribe are named in `targets`; one that was silent for a lease gets every value with its first
packet. Values are sent when they change, at most 20 times a second.

**Faders.** Those from 0 to 1 (`/bridge/master/fader/...`) have soft take-over: a fader that stands elsewhere moves
nothing until it has come past the value, so nothing jumps. Whoever gets feedback has its fader where the value is, and
moves it at once.

**A/B.** `/bridge/ab/a` lets REAPER play the mixes of its project, `/bridge/ab/b` their masters as loud as the mixes,
`/bridge/ab/session` the session again. They are lit when REAPER says that it plays them, also when somebody presses
*Toggle A-B* there. It needs REAPER's web interface or OSC (Preferences, Control/OSC/web), and *Bridge: Set up and
diagnose* once. Pages of reports are files and follow nobody.

**To the DAW.** With `reaper: 127.0.0.1:8000`, REAPER is sent `/dawbridge/done` with the job id when a job is done (a
script that has learnt that address reads the id from its context), and `/action/str` with `reaper_action` if that is
set. That is for scripts of your own, and for a REAPER on another machine; results of REAPER's own requests come back
without it, by what *Bridge: Set up and diagnose* found and wrote into `reaper.json`. With `ardour: 127.0.0.1:3819`,
Ardour gets a marker at each finding of the report; its playhead is put back afterwards, and nothing is sent while it
rolls.

**What is refused.** Files outside the session roots; chains by path; text over 1024 characters; bundles nested more
than 8 deep; more than `commands_per_s_max` commands a second from one host. Packets that are no OSC are counted in
`/bridge/traffic/malformed` and dropped.
"""
