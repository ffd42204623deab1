-- A project as these scripts see it: who it is, what it waits for, where its files go, and changes that can be undone.

local need = ...
local system = need("system")

local project = {}
local SECTION = "daw-bridge"
local PENDING = "daw-bridge-tickets"

function project.current()
  return (reaper.EnumProjects(-1))
end

-- Every open project, in the order of the tabs.
function project.all()
  local found = {}
  while true do
    local proj = reaper.EnumProjects(#found)
    if not proj then
      return found
    end
    found[#found + 1] = proj
  end
end

function project.is_open(proj)
  return reaper.ValidatePtr(proj, "ReaProject*")
end

function project.has_item(proj, item)
  return reaper.ValidatePtr2(proj, item, "MediaItem*")
end

-- What is kept in the project file; an empty text where nothing is.
function project.get(proj, key)
  local _, value = reaper.GetProjExtState(proj, SECTION, key)
  return value
end

function project.set(proj, key, value)
  reaper.SetProjExtState(proj, SECTION, key, value)
end

-- An id that stays with the project when it is saved, closed and opened again.
function project.identity(proj)
  local id = project.get(proj, "id")
  if id == "" then
    id = reaper.genGuid("")
    project.set(proj, "id", id)
  end
  return id
end

-- The folder of the project file; that of its recordings while it has none.
function project.folder(proj)
  for index = 0, math.huge do
    local candidate, path = reaper.EnumProjects(index)
    if not candidate then
      break
    elseif candidate == proj and path and path ~= "" then
      return system.folder_of(path)
    end
  end
  return reaper.GetProjectPathEx(proj)
end

function project.name(proj)
  local name = reaper.GetProjectName(proj)
  return name == "" and "Untitled" or (name:gsub("%.[rR][pP][pP]$", ""))
end

-- Markers and regions in the order of the timeline: {{name, start, stop (of regions only), number, key}, ...}; the key
-- tells markers and regions of one number from each other.
function project.markers(proj)
  local found, index = {}, 0
  while true do
    local next_index, is_region, start, stop, name, number = reaper.EnumProjectMarkers3(proj, index)
    if next_index == 0 then
      return found
    end
    found[#found + 1] = { name = name, start = start, stop = is_region and stop or nil, number = number,
      key = (is_region and "r" or "m") .. number }
    index = index + 1
  end
end

function project.renders(proj)
  return system.join(project.folder(proj), "Bridge", "Renders")
end

function project.returns(proj)
  return system.join(project.folder(proj), "Bridge", "Returns")
end

-- --- What it waits for: kept in the project file, so that it is still known after a restart --------------------------

-- The id stands in the value as well: REAPER does not tell capitals from small letters in keys.
function project.expect(proj, id)
  reaper.SetProjExtState(proj, PENDING, id, id)
  reaper.MarkProjectDirty(proj) -- so that REAPER asks whether to save it: what is not saved is forgotten
end

function project.forget(proj, id)
  reaper.SetProjExtState(proj, PENDING, id, "")
end

-- Ids of its tickets without an answer.
function project.expected(proj)
  local found = {}
  while true do
    local is_there, _, id = reaper.EnumProjExtState(proj, PENDING, #found)
    if not is_there then
      return found
    end
    found[#found + 1] = id
  end
end

-- --- Changes ---------------------------------------------------------------------------------------------------------

-- Does the work as one step that can be undone; an error in it ends the step and is passed on.
function project.change(proj, title, work)
  reaper.Undo_BeginBlock2(proj)
  reaper.PreventUIRefresh(1)
  local is_good, reason = xpcall(work, debug.traceback)
  reaper.PreventUIRefresh(-1)
  reaper.Undo_EndBlock2(proj, title, -1)
  reaper.UpdateArrange()
  if not is_good then
    error(reason, 0)
  end
end

function project.item_guid(item)
  local _, guid = reaper.GetSetMediaItemInfo_String(item, "GUID", "", false)
  return guid
end

-- The item with that id, or nil.
function project.item(proj, guid)
  for index = 0, reaper.CountMediaItems(proj) - 1 do
    local item = reaper.GetMediaItem(proj, index)
    if project.item_guid(item) == guid then
      return item
    end
  end
end

-- What these scripts noted about a track or an item.
function project.mark_of(thing, is_track)
  local get = is_track and reaper.GetSetMediaTrackInfo_String or reaper.GetSetMediaItemInfo_String
  local _, text = get(thing, "P_EXT:daw_bridge", "", false)
  return text
end

function project.mark(thing, is_track, text)
  local set = is_track and reaper.GetSetMediaTrackInfo_String or reaper.GetSetMediaItemInfo_String
  set(thing, "P_EXT:daw_bridge", text, true)
end

-- The track that these scripts marked so, or nil.
function project.marked_track(proj, text)
  for index = 0, reaper.CountTracks(proj) - 1 do
    local track = reaper.GetTrack(proj, index)
    if project.mark_of(track, true) == text then
      return track
    end
  end
end

-- A new track before the track with that index (counted from 0).
function project.new_track(proj, index, name)
  if reaper.APIExists("InsertTrackInProject") then
    reaper.InsertTrackInProject(proj, index, 0)
  else
    local shown = project.current()
    reaper.SelectProjectInstance(proj)
    reaper.InsertTrackAtIndex(index, false)
    reaper.SelectProjectInstance(shown)
  end
  local track = reaper.GetTrack(proj, index)
  reaper.GetSetMediaTrackInfo_String(track, "P_NAME", name, true)
  return track
end

function project.colour(red, green, blue)
  return reaper.ColorToNative(red, green, blue) | 0x1000000
end

return project
