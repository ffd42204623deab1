-- Analysing items: figures as notes, findings as markers and take markers, and all of that removed again.

local need = ...
local json = need("json")
local project = need("project")
local say = need("say")
local takes = need("takes")
local tickets = need("tickets")
local work = need("work")

local analyze = {}
local MARKERS = "daw-bridge-markers"
local TAKE_MARKERS = "P_EXT:daw_bridge_markers"
local PREFIX = "Bridge: "
local NOTES_HEAD, NOTES_TAIL = "--- Bridge ---", "--------------"
local MARKERS_MAX = 100
local PROBLEM, PLACE = { 232, 96, 60 }, { 110, 130, 160 }
local PLACES = { section = true, hook = true, loudest = true, loudest_moment = true }
-- Kinds of markers that show a place and no problem.

function analyze.selected()
  local proj = project.current()
  local items, orders, faults = takes.selected(proj), {}, {}
  if #items == 0 then
    return say.stop("No item is selected: select the items that are to be analysed, and run this again.")
  end
  for _, item in ipairs(items) do
    local found, reason = takes.look(item)
    faults[#faults + 1] = reason
    orders[#orders + 1] = found and {
      recipe = { ["do"] = "analyze" },
      file = found.file,
      name = found.name,
      notes = { kind = "analyze", item = project.item_guid(item), position = found.position, name = found.name },
    }
  end
  if #orders == 0 then
    return say.stop(table.concat(faults, "\n\n"))
  end
  tickets.with_daemon(function()
    work.ask(proj, orders, faults)
  end)
end

-- --- Placing ---------------------------------------------------------------------------------------------------------

local FIGURES = {
  { "integrated_lufs", "Integrated loudness", "%.1f LUFS" },
  { "short_term_max_lufs", "Loudest 3 s", "%.1f LUFS" },
  { "loudness_range_lu", "Loudness range", "%.1f LU" },
  { "true_peak_dbtp", "True peak", "%.1f dBTP" },
  { "plr_lu", "Peak to loudness", "%.1f LU" },
}

local function figures_of(measured)
  local lines = { NOTES_HEAD }
  for _, figure in ipairs(FIGURES) do
    local value = measured[figure[1]]
    lines[#lines + 1] = figure[2] .. ": " .. (value and string.format(figure[3], value) or "silence")
  end
  lines[#lines + 1] = NOTES_TAIL
  return table.concat(lines, "\n")
end

local function plain(text)
  return (text:gsub("%p", "%%%0"))
end

local function without_figures(notes)
  return (notes:gsub("\n?" .. plain(NOTES_HEAD) .. ".-" .. plain(NOTES_TAIL), ""))
end

local function write_notes(item, text)
  local _, notes = reaper.GetSetMediaItemInfo_String(item, "P_NOTES", "", false)
  notes = without_figures(notes)
  local joined = (notes ~= "" and text ~= "") and notes .. "\n" .. text or notes .. text
  reaper.GetSetMediaItemInfo_String(item, "P_NOTES", joined, true)
end

-- A marker or region, noted in the project so that it can be removed; the same one is not made twice.
local function mark(proj, marker)
  local is_region = marker.stop ~= nil
  local colour = project.colour(table.unpack(marker.colour))
  local number = reaper.AddProjectMarker2(proj, is_region, marker.start, marker.stop or 0, marker.name, -1, colour)
  reaper.SetProjExtState(proj, MARKERS, (is_region and "r" or "m") .. number, marker.name)
end

local function key_of(name, time_s)
  return string.format("%.3f %s", time_s, name)
end

-- Calls `visit(take, index, key)` for every take marker of an item, from the last to the first of each take.
local function each_take_marker(item, visit)
  for number = 0, reaper.CountTakes(item) - 1 do
    local take = reaper.GetTake(item, number)
    for index = take and reaper.GetNumTakeMarkers(take) - 1 or -1, 0, -1 do
      local at, name = reaper.GetTakeMarker(take, index)
      visit(take, index, key_of(name, at))
    end
  end
end

-- The take markers of ours that are still on an item, as a set; those of its owner may be called "Bridge: " as well.
local function ours_on(item)
  local _, text = reaper.GetSetMediaItemInfo_String(item, TAKE_MARKERS, "", false)
  local known, ours = text ~= "" and json.decode(text) or {}, {}
  if next(known) then
    each_take_marker(item, function(_, _, key)
      ours[key] = known[key]
    end)
  end
  return ours
end

local function remember_on(item, ours)
  local text = next(ours) and json.encode(ours) or ""
  reaper.GetSetMediaItemInfo_String(item, TAKE_MARKERS, text, true)
end

-- Where a time of a take's source lies in the project; nil where the item does not play it.
local function in_project(item, take, time_s)
  local rate = reaper.GetMediaItemTakeInfo_Value(take, "D_PLAYRATE")
  local at = (time_s - reaper.GetMediaItemTakeInfo_Value(take, "D_STARTOFFS")) / rate
  if at >= 0 and at <= reaper.GetMediaItemInfo_Value(item, "D_LENGTH") then
    return reaper.GetMediaItemInfo_Value(item, "D_POSITION") + at
  end
end

-- Marks findings (times of the file) where the item's active take plays them; how many. A file that is played backwards
-- has no such places.
function analyze.mark(proj, item, markers)
  local take = reaper.GetActiveTake(item)
  local origin, ours, placed = takes.origin(take), ours_on(item), 0
  for _, found in ipairs(origin.is_reversed and {} or markers) do
    local at = found.start_s - origin.start
    local start, name = in_project(item, take, at), PREFIX .. found.name
    if start and placed < MARKERS_MAX and not ours[key_of(name, at)] then
      placed = placed + 1
      ours[key_of(name, at)] = true
      local colour = PLACES[found.kind] and PLACE or PROBLEM
      local stop = found.end_s and in_project(item, take, found.end_s - origin.start)
      mark(proj, { start = start, stop = stop, name = name, colour = colour })
      reaper.SetTakeMarker(take, -1, name, at, project.colour(table.unpack(colour)))
    end
  end
  remember_on(item, ours)
  return placed
end

-- Puts figures and findings of a result into the project.
function analyze.place(proj, result)
  local item, placed = project.item(proj, result.notes.item), 0
  local before = result.result.before
  if not item then
    return "the item " .. result.notes.name .. " is not there any more; its report is."
  end
  project.change(proj, "Bridge: analysis of " .. result.notes.name, function()
    write_notes(item, figures_of(before))
    placed = analyze.mark(proj, item, result.markers)
    reaper.UpdateItemInProject(item)
  end)
  return string.format("%s is analysed: %d marked.", result.notes.name, placed)
end

-- --- Removing --------------------------------------------------------------------------------------------------------

local function marked(proj)
  local found = {}
  while true do
    local is_there, key, name = reaper.EnumProjExtState(proj, MARKERS, #found)
    if not is_there then
      return found
    end
    found[#found + 1] = { key = key, name = name }
  end
end

-- Names of the project's markers by their keys: what somebody renamed is theirs.
local function named(proj)
  local names = {}
  for _, marker in ipairs(project.markers(proj)) do
    names[marker.key] = marker.name
  end
  return names
end

local function clear_item(item)
  local _, notes = reaper.GetSetMediaItemInfo_String(item, "P_NOTES", "", false)
  if notes:find(NOTES_HEAD, 1, true) then
    write_notes(item, "")
  end
  local ours = ours_on(item)
  if next(ours) then
    each_take_marker(item, function(take, index, key)
      if ours[key] then
        reaper.DeleteTakeMarker(take, index)
      end
    end)
    remember_on(item, {})
  end
end

-- Removes every marker, region, take marker and figure that these scripts made in this project.
function analyze.clear()
  local proj = project.current()
  local ours, names, removed = marked(proj), named(proj), 0
  project.change(proj, "Bridge: remove problem markers", function()
    for _, one in ipairs(ours) do
      if names[one.key] == one.name then
        reaper.DeleteProjectMarker(proj, math.tointeger(tonumber(one.key:sub(2))), one.key:sub(1, 1) == "r")
        removed = removed + 1
      end
      reaper.SetProjExtState(proj, MARKERS, one.key, "")
    end
    for index = 0, reaper.CountMediaItems(proj) - 1 do
      clear_item(reaper.GetMediaItem(proj, index))
    end
  end)
  say.news(removed .. (removed == 1 and " marker" or " markers") .. " removed.")
end

return analyze
