--[[
@description Bridge: Hear B (the master, loudness-matched)
@noindex
@about Hear the masters of this project, as loud as their mixes.
--]]

local folder = (select(2, reaper.get_action_context())):match("^(.*[/\\])") .. "lib/"
local need = dofile(folder .. "bridge.lua")(folder)
need("listen").hear("master")
