-- Splitting items into stems: what is asked for, and where the stems go when they come back.

local need = ...
local analyze = need("analyze")
local project = need("project")
local render = need("render")
local say = need("say")
local takes = need("takes")
local tickets = need("tickets")
local work = need("work")

local split = {}
local SECTION = "daw-bridge"
local GLUE = 40362
local DOUBT = "split_doubt"

local COLOURS = {
  vocals = { 214, 88, 110 },
  drums = { 226, 154, 60 },
  bass = { 86, 120, 214 },
  other = { 118, 168, 92 },
  piano = { 160, 110, 200 },
  guitar = { 200, 130, 90 },
  instrumental = { 70, 160, 160 },
  residual = { 130, 130, 130 },
}
local ORDER = { "vocals", "drums", "bass", "guitar", "piano", "other", "instrumental", "residual" }

-- --- Asking ----------------------------------------------------------------------------------------------------------

-- What to do with items whose file alone does not tell how they sound: "render", "glue", "source" or nil (nothing).
local function choice_for(found)
  local chosen = reaper.GetExtState(SECTION, "treated")
  if chosen ~= "" then
    return chosen
  end
  local answer = say.ask("'" .. found.name .. "' has " .. table.concat(found.treatment, ", ") .. ".\n\n"
    .. "Yes: render it as it sounds, and split that.\n"
    .. "No: split the file itself; the stems get rate, pitch, fades and gain of the item, but no effects and no "
    .. "envelopes. Sections, reversed items and subprojects are rendered nevertheless.\n"
    .. "Cancel: do nothing.")
  return answer == "yes" and "render" or answer == "no" and "source" or nil
end

-- The item as one file of its own: {file, item}; nil and a sentence where that failed.
local function as_file(proj, found, choice)
  local selected = takes.selected(proj)
  takes.select_only(proj, { found.item })
  if choice == "glue" then
    reaper.Main_OnCommandEx(GLUE, 0, proj)
    return takes.look(reaper.GetSelectedMediaItem(proj, 0))
  end
  local files, reason = render.files(proj, { scope = "items", name = render.unique(found.name) })
  takes.select_only(proj, selected)
  local file = files and files[1]
  if not file then
    return nil, reason or found.name .. " could not be rendered."
  elseif not render.is_whole(file, found.length) then
    return nil, found.name .. ": " .. render.STOPPED
  end
  return { file = file.path, item = found.item, name = found.name, position = found.position }
end

local function order_for(proj, found, options)
  local choice = "source"
  if #found.treatment > 0 then
    choice = found.must_be_rendered and options.treated == "source" and "render" or options.treated
    if choice ~= "source" then
      local treated, reason = as_file(proj, found, choice)
      if not treated then
        return nil, reason
      end
      found = treated
    end
  end
  return {
    recipe = options.recipe,
    file = found.file,
    name = found.name,
    notes = {
      kind = "split",
      item = project.item_guid(found.item),
      is_rendered = choice == "render",
      as = options.as,
      position = found.position,
      name = found.name,
    },
  }
end

local function looked_at(items)
  local found, faults, first_treated = {}, {}, nil
  for _, item in ipairs(items) do
    local one, reason = takes.look(item)
    found[#found + 1], faults[#faults + 1] = one, reason
    first_treated = first_treated or (one and #one.treatment > 0 and one) or nil
  end
  return found, faults, first_treated
end

-- Asks for the selected items; `options`: {recipe, as = "tracks" | "takes", treated = nil: ask}
local function ask_for(options)
  local proj = project.current()
  local items = takes.selected(proj)
  if #items == 0 then
    return say.stop("No item is selected: select the items that are to be split, and run this again.")
  end
  local found, faults, first_treated = looked_at(items)
  if first_treated and not options.treated then
    options.treated = choice_for(first_treated)
    if not options.treated then
      return
    end
  end
  if #found == 0 then
    return say.stop(table.concat(faults, "\n\n"))
  end
  local model = reaper.GetExtState(SECTION, "model")
  options.recipe.model = model ~= "" and model or nil
  tickets.with_daemon(function()
    -- Starting a daemon takes a while: projects may be closed and items deleted meanwhile.
    if not project.is_open(proj) then
      return say.stop("The project was closed meanwhile; nothing was asked for.")
    end
    local orders = {}
    for _, one in ipairs(found) do
      if project.has_item(proj, one.item) then
        local order, reason = order_for(proj, one, options)
        orders[#orders + 1], faults[#faults + 1] = order, reason
      end
    end
    work.ask(proj, orders, faults)
  end)
end

-- Splits the selected items into so many stems (2, 4, 5 or 6).
function split.into(stems)
  ask_for({ recipe = { ["do"] = "split", stems = stems }, as = "tracks" })
end

local QUALITIES = { draft = true, fast = true, best = true }
local TREATED = { render = true, glue = true, source = true, ask = true }

-- Asks how to split first; the answers are kept for the next time.
function split.ask()
  local last = reaper.GetExtState(SECTION, "split_answers")
  local is_given, answers = reaper.GetUserInputs("Bridge: split into stems", 5,
    "Stems (2 4 5 6),Quality (draft fast best),As (tracks takes),Items with FX (render glue source ask),"
    .. "Model (empty: by quality),extrawidth=120", last ~= "" and last or "4,fast,tracks,ask,")
  if not is_given then
    return
  end
  local stems, quality, as, treated, model = answers:match(
    "^%s*(%d)%s*,%s*(%l+)%s*,%s*(%l+)%s*,%s*(%l+)%s*,%s*([%w_.-]*)%s*$")
  if not (stems and stems:find("[2456]") and QUALITIES[quality] and (as == "tracks" or as == "takes")
    and TREATED[treated]) then
    return say.stop("'" .. answers .. "' is not understood: write for example 4, fast, tracks, ask.")
  end
  reaper.SetExtState(SECTION, "split_answers", answers, true)
  reaper.SetExtState(SECTION, "model", model, true)
  ask_for({
    recipe = { ["do"] = "split", stems = math.tointeger(tonumber(stems)), quality = quality },
    as = as,
    treated = treated ~= "ask" and treated or nil,
  })
end

-- --- Placing ---------------------------------------------------------------------------------------------------------

-- The stem in a delivered file: its role, or the word at the end of its name.
local function stem_in(file)
  if file.role == "instrumental" or file.role == "residual" then
    return file.role
  end
  local name = file.path:match("[^/\\]*$"):gsub("%.[^.]*$", ""):lower()
  for _, stem in ipairs(ORDER) do
    if name:find("%f[%a]" .. stem .. "%f[%A][^%a]*$") then
      return stem
    end
  end
  return name
end

-- The stems of a result in the order of the tracks: {{name, path}, ...}
local function stems_in(result)
  local rank, found = {}, {}
  for index, name in ipairs(ORDER) do
    rank[name] = index
  end
  for _, file in ipairs(result.result.files) do
    if file.role == "stem" or file.role == "instrumental" or file.role == "residual" then
      found[#found + 1] = { name = stem_in(file), path = file.path }
    end
  end
  table.sort(found, function(a, b)
    local left, right = rank[a.name] or 99, rank[b.name] or 99
    return left < right or (left == right and a.name < b.name)
  end)
  return found
end

local function title(name)
  return name:sub(1, 1):upper() .. name:sub(2)
end

local function paint(track, name)
  local colour = COLOURS[name]
  if colour then
    reaper.SetMediaTrackInfo_Value(track, "I_CUSTOMCOLOR", project.colour(table.unpack(colour)))
  end
end

local function index_of(track)
  return math.tointeger(reaper.GetMediaTrackInfo_Value(track, "IP_TRACKNUMBER")) - 1
end

-- The folder below a track that holds its stems; made where it is not there. It is a child of the track, so that the
-- stems go through the track's effects, fader, pan and sends, as the item did.
local function folder_below(proj, track)
  local mark = "stems:" .. reaper.GetTrackGUID(track)
  local folder = project.marked_track(proj, mark)
  if folder then
    return folder
  end
  local _, name = reaper.GetTrackName(track)
  local depth = reaper.GetMediaTrackInfo_Value(track, "I_FOLDERDEPTH")
  folder = project.new_track(proj, index_of(track) + 1, name .. " stems")
  project.mark(folder, true, mark)
  if depth < 1 then
    -- The track becomes a folder: what it closed (depth below 0), its only child closes now, and the track itself.
    reaper.SetMediaTrackInfo_Value(track, "I_FOLDERDEPTH", 1)
    reaper.SetMediaTrackInfo_Value(folder, "I_FOLDERDEPTH", depth - 1)
  end
  return folder
end

-- The track of one stem in a folder; made behind the others where it is not there.
local function stem_track(proj, folder, name)
  local mark = "stem:" .. reaper.GetTrackGUID(folder) .. ":" .. name
  local track = project.marked_track(proj, mark)
  if track then
    return track
  end
  local last, count = folder, reaper.CountTracks(proj)
  local closes = reaper.GetMediaTrackInfo_Value(folder, "I_FOLDERDEPTH")
  if closes == 1 then
    local depth, before, index = 1, 1, index_of(folder) + 1
    while depth > 0 and index < count do
      last, before = reaper.GetTrack(proj, index), depth
      closes = reaper.GetMediaTrackInfo_Value(last, "I_FOLDERDEPTH")
      depth, index = depth + closes, index + 1
    end
    -- The last track may end folders inside this one; those it still ends, all else is now the new track's to end.
    reaper.SetMediaTrackInfo_Value(last, "I_FOLDERDEPTH", 1 - before)
    closes = closes - (1 - before)
  else
    reaper.SetMediaTrackInfo_Value(folder, "I_FOLDERDEPTH", 1)
    closes = closes - 1
  end
  track = project.new_track(proj, index_of(last) + 1, title(name))
  reaper.SetMediaTrackInfo_Value(track, "I_FOLDERDEPTH", closes)
  project.mark(track, true, mark)
  paint(track, name)
  return track
end

local ITEM_KEYS = { "D_VOL", "D_FADEINLEN", "D_FADEOUTLEN", "D_FADEINLEN_AUTO", "D_FADEOUTLEN_AUTO", "D_FADEINDIR",
  "D_FADEOUTDIR", "C_FADEINSHAPE", "C_FADEOUTSHAPE", "B_LOOPSRC", "C_BEATATTACHMODE" }
local TAKE_KEYS = { "D_STARTOFFS", "D_PLAYRATE", "D_PITCH", "B_PPITCH", "I_PITCHMODE", "I_STRETCHFLAGS",
  "F_STRETCHFADESIZE", "D_VOL", "D_PAN", "D_PANLAW", "I_CHANMODE" }

local function copy(keys, get, set, from, to)
  for _, key in ipairs(keys) do
    set(to, key, get(from, key))
  end
end

-- Gives an item a take of a stem; what the original does to its file is done here too, unless it was rendered.
local function add_stem(proj, item, stem, notes, original)
  local take = takes.add(proj, item, stem.path, notes.name .. " " .. stem.name)
  if notes.is_rendered then
    return take
  end
  copy(TAKE_KEYS, reaper.GetMediaItemTakeInfo_Value, reaper.SetMediaItemTakeInfo_Value, original, take)
  for index = 0, reaper.GetTakeNumStretchMarkers(original) - 1 do
    local _, position, at = reaper.GetTakeStretchMarker(original, index)
    local made = reaper.SetTakeStretchMarker(take, -1, position, at)
    reaper.SetTakeStretchMarkerSlope(take, made, reaper.GetTakeStretchMarkerSlope(original, index))
  end
  return take
end

-- The item of an earlier split of the same original on this track, or a new one.
local function item_on(track, mark)
  for index = 0, reaper.CountTrackMediaItems(track) - 1 do
    local item = reaper.GetTrackMediaItem(track, index)
    if project.mark_of(item, false) == mark then
      return item
    end
  end
  local item = takes.new_item(track, 0, 0)
  project.mark(item, false, mark)
  return item
end

-- Where the stems together do not explain the mix: a region, and a take marker on the first stem.
local function mark_doubts(proj, placed, markers)
  local doubts = {}
  for _, found in ipairs(markers) do
    if found.kind == DOUBT then
      doubts[#doubts + 1] = found
    end
  end
  if placed and #doubts > 0 then
    analyze.mark(proj, placed, doubts)
  end
end

-- The first of the placed items.
local function place_on_tracks(proj, item, stems, notes)
  local original, first = reaper.GetActiveTake(item), nil
  local folder = folder_below(proj, reaper.GetMediaItemTrack(item))
  for _, stem in ipairs(stems) do
    local track = stem_track(proj, folder, stem.name)
    local placed = item_on(track, notes.item)
    first = first or placed
    if not notes.is_rendered then
      copy(ITEM_KEYS, reaper.GetMediaItemInfo_Value, reaper.SetMediaItemInfo_Value, item, placed)
    end
    for _, key in ipairs({ "D_POSITION", "D_LENGTH" }) do
      reaper.SetMediaItemInfo_Value(placed, key, reaper.GetMediaItemInfo_Value(item, key))
    end
    reaper.SetActiveTake(add_stem(proj, placed, stem, notes, original))
  end
  reaper.SetMediaItemInfo_Value(item, "B_MUTE", 1)
  return first
end

local function place_as_takes(proj, item, stems, notes)
  local original = reaper.GetActiveTake(item)
  for _, stem in ipairs(stems) do
    add_stem(proj, item, stem, notes, original)
  end
  reaper.SetActiveTake(original)
end

-- Where the original is gone: a track of its own, at the place where it was.
local function place_alone(proj, stems, notes)
  for _, stem in ipairs(stems) do
    local track = project.new_track(proj, reaper.CountTracks(proj), notes.name .. " " .. stem.name)
    paint(track, stem.name)
    local item = takes.new_item(track, notes.position, 0)
    local take = takes.add(proj, item, stem.path, notes.name .. " " .. stem.name)
    local length = reaper.GetMediaSourceLength(reaper.GetMediaItemTake_Source(take))
    reaper.SetMediaItemInfo_Value(item, "D_LENGTH", length)
  end
  say.trouble("the item " .. notes.name .. " is not there any more; its stems are on tracks at the end.")
end

-- Puts the stems of a result into the project.
function split.place(proj, result)
  local stems, notes = stems_in(result), result.notes
  local item = project.item(proj, notes.item)
  project.change(proj, "Bridge: stems of " .. notes.name, function()
    if not item then
      place_alone(proj, stems, notes)
    elseif notes.as == "takes" then
      place_as_takes(proj, item, stems, notes)
    else
      mark_doubts(proj, place_on_tracks(proj, item, stems, notes), result.markers)
    end
  end)
  return #stems .. " stems of " .. notes.name .. " are there."
end

return split
