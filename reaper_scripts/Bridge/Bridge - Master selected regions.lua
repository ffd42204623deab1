--[[
@description Bridge: Master selected regions
@noindex
@about Renders each selected region, masters it with the chain used last, and brings the masters back.
--]]

local folder = (select(2, reaper.get_action_context())):match("^(.*[/\\])") .. "lib/"
local need = dofile(folder .. "bridge.lua")(folder)
need("master").now("regions")
