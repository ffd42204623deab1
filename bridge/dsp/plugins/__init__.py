"""Third-party plug-ins: examined and run in processes that may die.

`host` is the parent half of such a process, `host_main` the child half; `scan` examines what is installed, `rack` runs
the plug-ins of a chain over a signal. Only what the child half imports knows Pedalboard.
"""
