--[[
@description Bridge: Collect finished results
@noindex
@about Brings in what was finished while REAPER or the project was closed.
--]]

local folder = (select(2, reaper.get_action_context())):match("^(.*[/\\])") .. "lib/"
local need = dofile(folder .. "bridge.lua")(folder)
need("collect").now()
