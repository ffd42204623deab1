--[[
@description Bridge: Hear A (the mix)
@noindex
@about Hear the mixes of this project, as they were mastered.
--]]

local folder = (select(2, reaper.get_action_context())):match("^(.*[/\\])") .. "lib/"
local need = dofile(folder .. "bridge.lua")(folder)
need("listen").hear("mix")
