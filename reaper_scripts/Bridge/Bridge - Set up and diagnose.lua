--[[
@description Bridge: Set up and diagnose
@version 0.1.0
@author The daw-bridge team
@metapackage
@changelog
  First version: split, master, analyse, A/B, panel, set-up.
@provides
  [main] Bridge - *.lua
  [nomain] lib/*.lua
@about
  Finds the daemon, tests the road to it and back, and says in plain words what is wrong.
  The scripts of this package join REAPER to daw-bridge, a mastering and separation engine that runs on this machine:
  install it first, then run `dawbridge reaper install`, or this script.
--]]

local folder = (select(2, reaper.get_action_context())):match("^(.*[/\\])") .. "lib/"
local need = dofile(folder .. "bridge.lua")(folder)
need("setup").run()
