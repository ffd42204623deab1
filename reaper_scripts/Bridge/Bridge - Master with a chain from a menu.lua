--[[
@description Bridge: Master with a chain from a menu
@noindex
@about Lets you pick a chain, then masters the time selection, or the project without one.
--]]

local folder = (select(2, reaper.get_action_context())):match("^(.*[/\\])") .. "lib/"
local need = dofile(folder .. "bridge.lua")(folder)
need("master").ask()
