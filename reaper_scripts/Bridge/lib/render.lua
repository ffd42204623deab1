-- Rendering by the project's own settings into the bridge's folder; every setting is put back afterwards.

local need = ...
local project = need("project")
local system = need("system")

local render = {}
local RENDER_NOW = 42230
local SCOPE = { project = 1, time = 2, items = 4, regions = 5 }
local MASTER_MIX, SELECTED_ITEMS = 0, 32
local KEPT_SETTINGS = 512 | 2048 | 16 << 16
-- Of what is rendered: metadata, second pass, and the delay in which samplers load.
local KEPT_PROCESSING = 512 | 1024
-- Of what is done afterwards: fades. Loudness is the bridge's affair, and trimming or padding would move the music.
local LENGTH_SLACK_S = 0.05
local FLOAT_WAVE = "ZXZhdyAAAQ=="
local EXACT = { evaw = true, ffia = true, calf = true }
-- Formats, as REAPER writes them, that lose nothing: WAV, AIFF, FLAC.

local NUMBERS = { "RENDER_SETTINGS", "RENDER_BOUNDSFLAG", "RENDER_NORMALIZE", "RENDER_ADDTOPROJ", "RENDER_DITHER",
  "RENDER_STARTPOS", "RENDER_ENDPOS" }
local TEXTS = { "RENDER_FILE", "RENDER_PATTERN", "RENDER_FORMAT", "RENDER_FORMAT2" }

local function number(proj, key, value)
  return reaper.GetSetProjectInfo(proj, key, value or 0, value ~= nil)
end

local function text(proj, key, value)
  local _, found = reaper.GetSetProjectInfo_String(proj, key, value or "", value ~= nil)
  return found
end

-- The settings as they are, to be put back by `restore`.
local function save(proj)
  local kept = {}
  for _, key in ipairs(NUMBERS) do
    kept[key] = number(proj, key)
  end
  for _, key in ipairs(TEXTS) do
    kept[key] = text(proj, key)
  end
  return kept
end

local function restore(proj, kept)
  for _, key in ipairs(NUMBERS) do
    number(proj, key, kept[key])
  end
  for _, key in ipairs(TEXTS) do
    text(proj, key, kept[key])
  end
end

local BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

-- The four letters that name a format and the byte behind them, from its settings in base 64; of a bare name, the name.
local function format_of(settings)
  if #settings <= 4 then
    return settings, nil
  end
  local bits = 0
  for index = 1, 7 do
    bits = bits << 6 | ((BASE64:find(settings:sub(index, index), 1, true) or 1) - 1)
  end
  local name = string.char(bits >> 34 & 255, bits >> 26 & 255, bits >> 18 & 255, bits >> 10 & 255)
  return name, bits >> 2 & 255
end

-- Whether a format keeps all that a mix has: no lossy one, and no WAV of 16 bits (it is not dithered here).
local function is_good_enough(settings)
  local name, depth = format_of(settings)
  return EXACT[name] and not (name == "evaw" and depth and depth < 24)
end

-- The files that would be rendered, all of them below `folder`: its name may hold the semicolon that parts them.
local function targets(proj, folder)
  local list, found = text(proj, "RENDER_TARGETS"), {}
  local from = 1
  while from <= #list do
    local stop = list:find(";" .. folder, from, true) or list:find(";%s*$", from) or #list + 1
    found[#found + 1] = list:sub(from, stop - 1)
    from = stop + 1
  end
  return found
end

local function length_of(path)
  local source = reaper.file_exists(path) and reaper.PCM_Source_CreateFromFile(path)
  if not source then
    return 0
  end
  local length = reaper.GetMediaSourceLength(source)
  reaper.PCM_Source_Destroy(source)
  return length
end

local function set_up(proj, order, folder, kept)
  local source = order.scope == "items" and SELECTED_ITEMS or MASTER_MIX
  number(proj, "RENDER_SETTINGS", source | math.tointeger(kept.RENDER_SETTINGS) & KEPT_SETTINGS)
  number(proj, "RENDER_BOUNDSFLAG", SCOPE[order.scope])
  number(proj, "RENDER_NORMALIZE", math.tointeger(kept.RENDER_NORMALIZE) & KEPT_PROCESSING)
  number(proj, "RENDER_ADDTOPROJ", 0)
  number(proj, "RENDER_DITHER", 0)
  text(proj, "RENDER_FILE", folder)
  text(proj, "RENDER_PATTERN", order.name)
  text(proj, "RENDER_FORMAT2", "")
  if not is_good_enough(kept.RENDER_FORMAT) then
    text(proj, "RENDER_FORMAT", FLOAT_WAVE)
  end
end

-- Renders and gives the exact files {{path, length in seconds}, ...}, none where nothing is to be rendered; nil and a
-- sentence where a file is missing.
-- `order`: {scope = "project" | "time" | "regions" | "items", name = pattern of the file's name}
function render.files(proj, order)
  local folder = project.renders(proj)
  reaper.RecursiveCreateDirectory(folder, 0)
  local kept, shown = save(proj), project.current()
  local is_good, paths = xpcall(function()
    set_up(proj, order, folder, kept)
    local wanted = targets(proj, folder)
    if #wanted > 0 then
      reaper.SelectProjectInstance(proj) -- rendering is always of the project that is shown
      reaper.Main_OnCommand(RENDER_NOW, 0)
    end
    return wanted
  end, debug.traceback)
  restore(proj, kept)
  reaper.SelectProjectInstance(shown)
  if not is_good then
    error(paths, 0)
  end
  local files = {}
  for index, path in ipairs(paths) do
    files[index] = { path = path, length = length_of(path) }
    if files[index].length == 0 then
      return nil, "REAPER has not rendered " .. path .. ": the render was stopped, or nothing lies in its range."
    end
  end
  return files
end

-- Whether a file is as long as what was to be rendered (a tail may follow): REAPER keeps what it has when stopped.
function render.is_whole(file, length)
  return file.length >= length - LENGTH_SLACK_S
end

render.STOPPED = "The render was stopped before its end; nothing was asked for."

-- A name for one rendered file that no earlier render has: results of several requests must not meet.
function render.unique(name)
  return system.file_name(name):gsub("%$", "_") .. " " .. os.date("%Y%m%d-%H%M%S")
    .. string.format("-%03d", math.floor(reaper.time_precise() * 1000) % 1000)
end

return render
