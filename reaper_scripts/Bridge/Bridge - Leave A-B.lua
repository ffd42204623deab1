--[[
@description Bridge: Leave A-B
@noindex
@about Back to the session: the masters are silent and have their own loudness again.
--]]

local folder = (select(2, reaper.get_action_context())):match("^(.*[/\\])") .. "lib/"
local need = dofile(folder .. "bridge.lua")(folder)
need("listen").leave()
