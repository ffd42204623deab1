"""A REAPER for tests: the scripts run in real Lua 5.4, every call is held against the table of the real API.

What it models: projects with tracks, items, takes, sources, markers, regions, undo, extended state, render settings and
real rendering; message boxes, menus and windows that a test answers; `defer`, several scripts at a time, closing and
starting again. What it does not model raises, so that no test passes by accident. The table (`reaper_api.tsv`: name,
fewest and most arguments, results) was made from the published API of REAPER 7.
"""
