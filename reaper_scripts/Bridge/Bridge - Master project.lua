--[[
@description Bridge: Master project
@noindex
@about Renders the project, masters it with the chain used last, and brings the master back.
--]]

local folder = (select(2, reaper.get_action_context())):match("^(.*[/\\])") .. "lib/"
local need = dofile(folder .. "bridge.lua")(folder)
need("master").now("project")
