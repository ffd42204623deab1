-- Rendering by the project's own settings into the bridge's folder; every setting is put back afterwards.

local need = ...
local project = need("project")
local system = need("system")

local render = {}
local RENDER_NOW = 42230
local SCOPE = { project = 1, time = 2, items = 4, regions = 5 }
local MASTER_MIX, SELECTED_ITEMS = 0, 32
local WAVE = "evaw"
local EXACT = { evaw = true, ffia = true, calf = true }
-- Formats, as REAPER writes them, that lose nothing: WAV, AIFF, FLAC.

local NUMBERS = { "RENDER_SETTINGS", "RENDER_BOUNDSFLAG", "RENDER_NORMALIZE", "RENDER_ADDTOPROJ", "RENDER_DITHER",
  "RENDER_TAILFLAG" }
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

-- The four letters that name a format, from its settings in base 64 (or from the letters themselves).
local function format_of(settings)
  if #settings <= 4 then
    return settings
  end
  local bits = 0
  for index = 1, 6 do
    bits = bits << 6 | ((BASE64:find(settings:sub(index, index), 1, true) or 1) - 1)
  end
  return string.char(bits >> 28 & 255, bits >> 20 & 255, bits >> 12 & 255, bits >> 4 & 255)
end

local function targets(proj)
  local found = {}
  for path in text(proj, "RENDER_TARGETS"):gmatch("[^;]+") do
    found[#found + 1] = path
  end
  return found
end

local function stamp(path)
  local file = io.open(path, "rb")
  local size = file and file:seek("end")
  if file then
    file:close()
  end
  return size
end

-- Renders and gives the exact files, or nil and a sentence (also when the user stopped it).
-- `order`: {scope = "project" | "time" | "regions" | "items", name = pattern of the file's name}
function render.files(proj, order)
  local folder = project.renders(proj)
  reaper.RecursiveCreateDirectory(folder, 0)
  local kept, shown = save(proj), project.current()
  local is_good, found = xpcall(function()
    number(proj, "RENDER_SETTINGS", order.scope == "items" and SELECTED_ITEMS or MASTER_MIX)
    number(proj, "RENDER_BOUNDSFLAG", SCOPE[order.scope])
    number(proj, "RENDER_NORMALIZE", 0)
    number(proj, "RENDER_ADDTOPROJ", 0)
    number(proj, "RENDER_DITHER", 0)
    text(proj, "RENDER_FILE", folder)
    text(proj, "RENDER_PATTERN", order.name)
    text(proj, "RENDER_FORMAT2", "")
    if not EXACT[format_of(kept.RENDER_FORMAT)] then
      text(proj, "RENDER_FORMAT", WAVE)
    end
    local paths = targets(proj)
    for _, path in ipairs(paths) do
      os.remove(path)
    end
    reaper.SelectProjectInstance(proj) -- rendering is always of the project that is shown
    reaper.Main_OnCommand(RENDER_NOW, 0)
    return paths
  end, debug.traceback)
  restore(proj, kept)
  reaper.SelectProjectInstance(shown)
  if not is_good then
    error(found, 0)
  end
  for _, path in ipairs(found) do
    if (stamp(path) or 0) == 0 then
      return nil, "REAPER has not rendered " .. path .. ": the render was stopped, or nothing lies in its range."
    end
  end
  if #found == 0 then
    return nil, "There is nothing to render there."
  end
  return found
end

-- A name for one rendered file that no earlier render has: results of several requests must not meet.
function render.unique(name)
  return system.file_name(name):gsub("%$", "_") .. " " .. os.date("%Y%m%d-%H%M%S")
    .. string.format("-%03d", math.floor(reaper.time_precise() * 1000) % 1000)
end

return render
