--[[
@description Bridge: Set up and diagnose
@noindex
@about Finds the daemon, tests the road to it and back, and says in plain words what is wrong.
--]]

local folder = (select(2, reaper.get_action_context())):match("^(.*[/\\])") .. "lib/"
local need = dofile(folder .. "bridge.lua")(folder)
need("setup").run()
