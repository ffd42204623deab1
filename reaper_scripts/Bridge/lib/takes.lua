-- Selected items and what is in them: the file, the part of it that is played, and whether the file alone tells it all.

local takes = {}
local FADE_S = 0.05
-- REAPER gives every item fades of some milliseconds by itself; longer ones somebody meant.

function takes.selected(proj)
  local items = {}
  for index = 0, reaper.CountSelectedMediaItems(proj) - 1 do
    items[#items + 1] = reaper.GetSelectedMediaItem(proj, index)
  end
  return items
end

function takes.select_only(proj, items)
  reaper.SelectAllMediaItems(proj, false)
  for _, item in ipairs(items) do
    if reaper.ValidatePtr2(proj, item, "MediaItem*") then
      reaper.SetMediaItemSelected(item, true)
    end
  end
end

-- The file that a take plays, and where in it the take's source begins: {file, start, is_section, is_reversed}
function takes.origin(take)
  local source = reaper.GetMediaItemTake_Source(take)
  local found = { file = "", start = 0, is_section = false, is_reversed = false }
  while source and reaper.GetMediaSourceParent(source) do
    local is_section, start, _, is_reversed = reaper.PCM_Source_GetSectionInfo(source)
    found.is_section = true
    if is_section then
      found.start, found.is_reversed = found.start + start, found.is_reversed or is_reversed
    end
    source = reaper.GetMediaSourceParent(source)
  end
  found.file = source and reaper.GetMediaSourceFileName(source) or ""
  return found
end

local function is_project(file)
  return file:lower():match("%.rpp$") ~= nil
end

-- What the item does to its file, in words: pitch, rate, effects and so on. Nothing where the file says it all.
local function treatment(item, take, origin)
  local found = {}
  local function note(is_so, word)
    if is_so then
      found[#found + 1] = word
    end
  end
  local value = reaper.GetMediaItemTakeInfo_Value
  note(reaper.TakeFX_GetCount(take) > 0, "effects")
  note(value(take, "D_PITCH") ~= 0, "pitch")
  note(value(take, "D_PLAYRATE") ~= 1, "rate")
  note(reaper.GetTakeNumStretchMarkers(take) > 0, "stretch markers")
  note(reaper.CountTakeEnvelopes(take) > 0, "envelopes")
  note(value(take, "I_CHANMODE") ~= 0, "channel mode")
  note(origin.is_section, origin.is_reversed and "reverse" or "section")
  note(is_project(origin.file), "subproject")
  for _, key in ipairs({ "D_FADEINLEN", "D_FADEOUTLEN" }) do
    if reaper.GetMediaItemInfo_Value(item, key) > FADE_S then
      note(true, "fades")
      break
    end
  end
  return found
end

local ENDINGS = { wav = true, w64 = true, aif = true, aiff = true, caf = true, flac = true, mp3 = true, ogg = true,
  opus = true, m4a = true }

-- The name without the ending of an audio file.
local function without_ending(name)
  local base, ending = name:match("^(.+)%.(%w+)$")
  return ending and ENDINGS[ending:lower()] and base or name
end

-- What is in an item: {item, take, name, file, position, length, treatment}; nil and a sentence for what has no file.
function takes.look(item)
  local take = reaper.GetActiveTake(item)
  if not take then
    return nil, "An empty item holds nothing to work on."
  end
  local name = reaper.GetTakeName(take)
  if reaper.TakeIsMIDI(take) then
    return nil, name .. " is MIDI: render or glue it first, then it is audio."
  end
  local origin = takes.origin(take)
  local file = origin.file
  if file == "" then
    return nil, name .. " has no file of its own: glue it first."
  elseif not reaper.file_exists(file) then
    return nil, name .. ": its file " .. file .. " is not there; put it back, or choose another one."
  end
  return {
    item = item,
    take = take,
    name = without_ending(name ~= "" and name or file:match("[^/\\]*$")),
    file = file,
    position = reaper.GetMediaItemInfo_Value(item, "D_POSITION"),
    length = reaper.GetMediaItemInfo_Value(item, "D_LENGTH"),
    treatment = treatment(item, take, origin),
    -- What a file alone cannot give, whatever is done to its stems afterwards.
    must_be_rendered = origin.is_section or is_project(file),
  }
end

-- --- New takes -------------------------------------------------------------------------------------------------------

-- Sources of new takes, whose peaks are still to be built: {{proj, source}, ...}
takes.fresh = {}

-- A new take of an item that plays a file.
function takes.add(proj, item, path, name)
  local take = reaper.AddTakeToMediaItem(item)
  local source = reaper.PCM_Source_CreateFromFile(path)
  reaper.SetMediaItemTake_Source(take, source)
  reaper.GetSetMediaItemTakeInfo_String(take, "P_NAME", name, true)
  takes.fresh[#takes.fresh + 1] = { proj = proj, source = source }
  return take
end

-- A new item that plays nothing yet, without loop and fades: what is rendered or mastered has its own edges.
function takes.new_item(track, position, length)
  local item = reaper.AddMediaItemToTrack(track)
  for key, value in pairs({ B_LOOPSRC = 0, D_FADEINLEN = 0, D_FADEOUTLEN = 0, D_POSITION = position,
    D_LENGTH = length }) do
    reaper.SetMediaItemInfo_Value(item, key, value)
  end
  return item
end

function takes.guid(take)
  local _, guid = reaper.GetSetMediaItemTakeInfo_String(take, "GUID", "", false)
  return guid
end

-- The take of an item with that id, or nil.
function takes.by_guid(item, guid)
  for index = 0, reaper.CountTakes(item) - 1 do
    local take = reaper.GetTake(item, index)
    if takes.guid(take) == guid then
      return take
    end
  end
end

return takes
