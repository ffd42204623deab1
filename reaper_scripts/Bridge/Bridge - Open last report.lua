--[[
@description Bridge: Open last report
@noindex
@about Opens the page of the last report of this project.
--]]

local folder = (select(2, reaper.get_action_context())):match("^(.*[/\\])") .. "lib/"
local need = dofile(folder .. "bridge.lua")(folder)
need("jobs").open_report()
