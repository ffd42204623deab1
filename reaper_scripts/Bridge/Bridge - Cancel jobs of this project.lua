--[[
@description Bridge: Cancel jobs of this project
@noindex
@about Stops everything that this project waits for.
--]]

local folder = (select(2, reaper.get_action_context())):match("^(.*[/\\])") .. "lib/"
local need = dofile(folder .. "bridge.lua")(folder)
need("jobs").cancel()
