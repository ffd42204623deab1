--[[
@description Bridge: Retry failed jobs of this project
@noindex
@about Asks once more for what failed.
--]]

local folder = (select(2, reaper.get_action_context())):match("^(.*[/\\])") .. "lib/"
local need = dofile(folder .. "bridge.lua")(folder)
need("jobs").retry()
