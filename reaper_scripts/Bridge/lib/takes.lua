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

-- The file that a take plays, and whether it plays the file itself and no section of it.
local function file_of(take)
  local source, is_whole = reaper.GetMediaItemTake_Source(take), true
  while source and reaper.GetMediaSourceParent(source) do
    source, is_whole = reaper.GetMediaSourceParent(source), false
  end
  return source and reaper.GetMediaSourceFileName(source) or "", is_whole
end

-- What the item does to its file, in words: pitch, rate, effects and so on. Nothing where the file says it all.
local function treatment(item, take, is_whole)
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
  note(not is_whole, "section or reverse")
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
  local file, is_whole = file_of(take)
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
    treatment = treatment(item, take, is_whole),
  }
end

return takes
