ardour {
  ["type"] = "EditorHook",
  name = "Bridge: master after export",
  author = "The daw-bridge team",
  license = "GPL",
  description = [[Asks daw-bridge to master every WAV, AIFF or FLAC file that Ardour exports.
The master and its report come into the folder Returns beside the exported file; with `osc: {ardour: 127.0.0.1:3819}`
in bridge.yaml (and OSC switched on in Ardour) the report's findings come back as markers.]]
}

-- What may be changed here.
local CHAIN = "streaming" -- a chain by name: dawbridge chains list
local TICKETS = nil -- the ticket folder, where it is not that of daw-bridge's own data folder

local ENDINGS = { wav = true, w64 = true, aif = true, aiff = true, flac = true }

local function ticket_folder ()
  if TICKETS then
    return TICKETS
  end
  local home = os.getenv ("HOME") or ""
  local data = os.getenv ("XDG_DATA_HOME")
  if os.getenv ("LOCALAPPDATA") then
    return os.getenv ("LOCALAPPDATA") .. "\\daw-bridge\\tickets"
  end
  return ((data and data ~= "") and data or home .. "/.local/share") .. "/daw-bridge/tickets"
end

-- A text as JSON holds it.
local function quoted (text)
  return '"' .. text:gsub ('[%c"\\\127]', function (char)
    return string.format ("\\u%04x", char:byte ())
  end) .. '"'
end

local count = 0

-- Asks for a master of one file; nil and a sentence where the ticket folder cannot be written.
local function submit (path, name)
  count = count + 1
  local id = string.format ("ardour-%d-%d-%06d", os.time (), count, math.random (0, 999999))
  local folder = ticket_folder ()
  local file, reason = io.open (folder .. "/" .. id .. ".tmp", "wb")
  if not file then
    return nil, "daw-bridge's ticket folder cannot be written (" .. tostring (reason) .. "). Is its daemon running?"
  end
  file:write ('{"format": 1, "id": ', quoted (id), ', "client": "Ardour", "recipe": {"do": "master", "chain": ',
    quoted (CHAIN), '}, "files": [', quoted (path), '], "name": ', quoted (name), ', "wait_s": 30}')
  file:close ()
  local is_moved, cause = os.rename (folder .. "/" .. id .. ".tmp", folder .. "/" .. id .. ".json")
  if not is_moved then
    return nil, "daw-bridge's ticket could not be put in place: " .. tostring (cause)
  end
  return id
end

function signals ()
  local set = LuaSignal.Set ()
  set:add ({ [LuaSignal.Exported] = true })
  return set
end

function factory ()
  -- Called with the name of the exported time span and the path of the file, once for each file.
  return function (_signal, _ref, timespan, path)
    local name, ending = path:match ("([^/\\]*)%.(%w+)$")
    if not (ending and ENDINGS[ending:lower ()]) then
      return nil
    end
    local id, sentence = submit (path, name)
    if not id then
      print ("Bridge: " .. sentence)
    end
    return id, timespan
  end
end
