--[[
@description Bridge: Show the panel
@noindex
@about A window with jobs, progress, chain, figures and the state of the daemon.
--]]

local folder = (select(2, reaper.get_action_context())):match("^(.*[/\\])") .. "lib/"
local need = dofile(folder .. "bridge.lua")(folder)
need("panel").open()
