-- Mastering the project, its time selection or its selected regions: rendering, asking, and bringing the master back.

local need = ...
local json = need("json")
local project = need("project")
local render = need("render")
local say = need("say")
local takes = need("takes")
local tickets = need("tickets")
local work = need("work")

local master = {}
local SECTION = "daw-bridge"
local TRACK_MARK = "masters"
local DEFAULT_CHAIN = "streaming"
local TIMEBASE_TIME = 0

-- --- Chains ----------------------------------------------------------------------------------------------------------

-- The chain of this project: the one used last, here or anywhere.
function master.chain(proj)
  local chain = project.get(proj, "chain")
  if chain == "" then
    chain = reaper.GetExtState(SECTION, "chain")
  end
  return chain ~= "" and chain or DEFAULT_CHAIN
end

function master.use_chain(proj, chain)
  project.set(proj, "chain", chain)
  reaper.SetExtState(SECTION, "chain", chain, true)
end

-- Chains as the daemon tells them: {{name, title, target_lufs}, ...}
function master.chains()
  local beat = tickets.daemon()
  return beat and beat.chains or {}
end

local function line_of(chain)
  local target = chain.target_lufs and string.format("  (%.1f LUFS)", chain.target_lufs) or ""
  return chain.title .. target
end

-- What can be picked: {lines, names, chosen = number of the line in use}
function master.offer(proj)
  local offer, used = { lines = {}, names = {} }, master.chain(proj)
  for index, chain in ipairs(master.chains()) do
    offer.lines[index], offer.names[index] = line_of(chain), chain.name
    if chain.name == used then
      offer.chosen = index
    end
  end
  return offer
end

-- Lets the user pick a chain; whether one was picked.
function master.pick_chain(proj)
  local offer = master.offer(proj)
  if #offer.lines == 0 then
    return say.stop("The daemon tells no chains. Is it running? Bridge: Set up and diagnose looks after it.")
  end
  local index = say.choose(offer.lines, offer.lines[offer.chosen])
  if index then
    master.use_chain(proj, offer.names[index])
  end
  return index ~= nil
end

-- --- What is rendered ------------------------------------------------------------------------------------------------

local NOTHING = {
  project = "The project is empty: there is nothing to master.",
  time = "No time is selected: select the part that is to be mastered, and run this again.",
  regions = "The project has no regions: make one around each song, select them, and run this again.",
}

-- The region that a file is of. Its name tells the region's number; some versions of REAPER count regions instead, so
-- the file's length decides.
local function region_of(regions, file)
  local count = math.tointeger(tonumber(file.path:match(" r(%d+)%.%w+$")))
  for _, region in ipairs({ regions.by_number[count] or false, regions[count] or false }) do
    if region and render.is_whole(file, region.stop - region.start) then
      return region
    end
  end
end

local function regions_of(proj)
  local found = { by_number = {} }
  for _, marker in ipairs(project.markers(proj)) do
    if marker.stop then
      found[#found + 1] = marker
      found.by_number[marker.number] = marker
    end
  end
  return found
end

-- One piece for each rendered file: {file, position, length, scope, name}
local function pieces_of_regions(proj, files)
  local regions, pieces = regions_of(proj), {}
  for index, file in ipairs(files) do
    local region = region_of(regions, file)
    if not region then
      return nil, render.STOPPED
    end
    pieces[index] = { file = file, position = region.start, scope = "region " .. region.number,
      name = region.name ~= "" and region.name or "Region " .. region.number }
  end
  return pieces
end

local function piece_of_time(proj, file)
  local start, stop = reaper.GetSet_LoopTimeRange2(proj, false, false, 0, 0, false)
  return { file = file, position = start, wanted = stop - start, name = project.name(proj) .. " (selection)",
    scope = string.format("time %.6f %.6f", start, stop) }
end

local function piece_of_project(proj, file)
  return { file = file, position = 0, wanted = reaper.GetProjectLength(proj), scope = "project",
    name = project.name(proj) }
end

-- What is to be rendered, rendered: pieces, or nil and a sentence.
local function rendered(proj, scope)
  local name = render.unique(project.name(proj))
  local files, reason = render.files(proj, {
    scope = scope,
    name = scope == "regions" and name .. " r$regionnumber" or name,
  })
  if not files then
    return nil, reason
  elseif scope == "regions" then
    return pieces_of_regions(proj, files)
  end
  if #files == 0 then
    return nil, NOTHING[scope]
  end
  local piece = (scope == "time" and piece_of_time or piece_of_project)(proj, files[1])
  if not render.is_whole(piece.file, piece.wanted) then
    return nil, render.STOPPED
  end
  return { piece }
end

local function is_there(proj, scope)
  if scope == "time" then
    local start, stop = reaper.GetSet_LoopTimeRange2(proj, false, false, 0, 0, false)
    return stop > start
  elseif scope == "regions" then
    local _, _, count = reaper.CountProjectMarkers(proj)
    return count > 0
  end
  return reaper.GetProjectLength(proj) > 0
end

local function order_for(piece, chain)
  return {
    recipe = { ["do"] = "master", chain = chain },
    file = piece.file.path,
    name = piece.name,
    notes = { kind = "master", scope = piece.scope, position = piece.position, length = piece.file.length,
      mix = piece.file.path, name = piece.name, chain = chain },
  }
end

-- Masters "project", "time" or "regions" with the chain used last.
function master.now(scope)
  local proj = project.current()
  if not is_there(proj, scope) then
    return say.stop(NOTHING[scope])
  end
  tickets.with_daemon(function()
    if not project.is_open(proj) then
      return say.stop("The project was closed meanwhile; nothing was asked for.")
    end
    need("listen").step_aside(proj)
    local chain = master.chain(proj)
    local pieces, reason = rendered(proj, scope)
    if not pieces or #pieces == 0 then
      return say.stop(reason or "No region is selected: select regions in the region manager, and run this again.")
    end
    local orders = {}
    for index, piece in ipairs(pieces) do
      orders[index] = order_for(piece, chain)
    end
    work.ask(proj, orders, {})
  end)
end

-- The same with a chain from a menu: the time selection where there is one, else the project.
function master.ask()
  tickets.with_daemon(function()
    local proj = project.current()
    if master.pick_chain(proj) then
      master.now(is_there(proj, "time") and "time" or "project")
    end
  end)
end

-- --- Bringing it back ------------------------------------------------------------------------------------------------

-- The track of all masters: muted, because the session plays the mix already; listening to A/B solos it.
local function masters_track(proj)
  local track = project.marked_track(proj, TRACK_MARK)
  if not track then
    track = project.new_track(proj, reaper.CountTracks(proj), "Masters")
    project.mark(track, true, TRACK_MARK)
    reaper.SetMediaTrackInfo_Value(track, "B_MUTE", 1)
    reaper.SetMediaTrackInfo_Value(track, "I_CUSTOMCOLOR", project.colour(212, 175, 55))
  end
  return track
end

function master.track(proj)
  return project.marked_track(proj, TRACK_MARK)
end

-- What is known of an item of a master: {scope, mix, master (ids of takes), mix_gain, master_gain}; nil for others.
function master.facts(item)
  local mark = project.mark_of(item, false)
  return mark ~= "" and json.decode(mark) or nil
end

local function item_of(track, notes)
  for index = 0, reaper.CountTrackMediaItems(track) - 1 do
    local item = reaper.GetTrackMediaItem(track, index)
    local facts = master.facts(item)
    if facts and facts.scope == notes.scope then
      reaper.SetMediaItemInfo_Value(item, "D_POSITION", notes.position)
      reaper.SetMediaItemInfo_Value(item, "D_LENGTH", notes.length)
      return item
    end
  end
  local item = takes.new_item(track, notes.position, notes.length)
  reaper.SetMediaItemInfo_Value(item, "C_BEATATTACHMODE", TIMEBASE_TIME) -- a change of tempo must not stretch it
  return item
end

-- The gains by which mix and master are equally loud: the louder one is turned down, nothing is turned up.
local function matching_gains(result)
  local mix = result.before and result.before.integrated_lufs
  local mastered = result.after and result.after.integrated_lufs
  if not (mix and mastered) then
    return 1.0, 1.0
  end
  return 10 ^ (math.min(0, mastered - mix) / 20), 10 ^ (math.min(0, mix - mastered) / 20)
end

local function file_of(result, role)
  for _, file in ipairs(result.result.files) do
    if file.role == role then
      return file.path
    end
  end
end

-- Puts the master of a result into the project, as the newest take of its place.
function master.place(proj, result)
  local notes, path = result.notes, file_of(result, "master")
  project.change(proj, "Bridge: master of " .. notes.name, function()
    local item = item_of(masters_track(proj), notes)
    local version = reaper.CountTakes(item) // 2 + 1
    local suffix = version > 1 and " (" .. version .. ")" or ""
    local mix = takes.add(proj, item, notes.mix, "mix" .. suffix)
    local take = takes.add(proj, item, path, "master " .. notes.chain .. suffix)
    reaper.SetActiveTake(take)
    local mix_gain, master_gain = matching_gains(result.result)
    project.mark(item, false, json.encode({ scope = notes.scope, mix = takes.guid(mix), master = takes.guid(take),
      mix_gain = mix_gain, master_gain = master_gain }))
  end)
  local after = result.result.after
  local figures = after and after.integrated_lufs
    and string.format(" %.1f LUFS, %.1f dBTP", after.integrated_lufs, after.true_peak_dbtp or 0) or ""
  return "the master of " .. notes.name .. " is there:" .. figures .. "."
end

return master
