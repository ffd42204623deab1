--[[
@description Bridge: Toggle A-B (mix or master, loudness-matched)
@noindex
@about Hear the masters of this project against their mixes at equal loudness.
--]]

local folder = (select(2, reaper.get_action_context())):match("^(.*[/\\])") .. "lib/"
local need = dofile(folder .. "bridge.lua")(folder)
need("listen").toggle()
