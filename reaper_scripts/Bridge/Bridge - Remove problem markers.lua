--[[
@description Bridge: Remove problem markers
@noindex
@about Removes every marker, region, take marker and figure that the bridge made in this project.
--]]

local folder = (select(2, reaper.get_action_context())):match("^(.*[/\\])") .. "lib/"
local need = dofile(folder .. "bridge.lua")(folder)
need("analyze").clear()
