--[[
@description Bridge: Split selected items into stems (ask)
@noindex
@about Asks for stems, quality, tracks or takes, and what to do with items that have effects.
--]]

local folder = (select(2, reaper.get_action_context())):match("^(.*[/\\])") .. "lib/"
local need = dofile(folder .. "bridge.lua")(folder)
need("split").ask()
