--[[
@description Bridge: Split selected items into 5 stems
@noindex
@about Stems come back on tracks below the item's, aligned to it; the item is muted.
--]]

local folder = (select(2, reaper.get_action_context())):match("^(.*[/\\])") .. "lib/"
local need = dofile(folder .. "bridge.lua")(folder)
need("split").into(5)
