--[[
@description Bridge: Analyze selected items
@noindex
@about Figures become notes of the items, findings become markers, regions and take markers.
--]]

local folder = (select(2, reaper.get_action_context())):match("^(.*[/\\])") .. "lib/"
local need = dofile(folder .. "bridge.lua")(folder)
need("analyze").selected()
