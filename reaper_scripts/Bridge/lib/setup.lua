-- Set up and diagnose: looks after the whole road, in the order in which things depend on each other, and says in
-- plain words what is wrong. Nothing is changed but what these scripts own: their settings, their ids, reaper.json.

local need = ...
local json = need("json")
local place = need("place")
local project = need("project")
local say = need("say")
local system = need("system")
local tickets = need("tickets")

local setup = {}
local SECTION = "daw-bridge"
local COLLECT = "Bridge - Collect finished results.lua"
local LISTEN = {
  ["Bridge - Hear A (the mix).lua"] = "a",
  ["Bridge - Hear B (the master, loudness-matched).lua"] = "b",
  ["Bridge - Leave A-B.lua"] = "session",
}
local PUSH_S, LOOK_S = 6, 0.1
local HEARS = 1
-- The bit of an OSC device that says that REAPER hears it.
local FORMAT = 1

local lines, faults

local function good(text)
  lines[#lines + 1] = "  ok    " .. text
end

local function bad(text)
  lines[#lines + 1] = "  TO DO " .. text
  faults = faults + 1
end

local function note(text)
  lines[#lines + 1] = "        " .. text
end

local function show()
  local head = faults == 0 and "Bridge: everything is in order." or "Bridge: " .. faults .. " to put right."
  reaper.ShowConsoleMsg(head .. "\n" .. table.concat(lines, "\n") .. "\n")
end

-- --- What is looked after --------------------------------------------------------------------------------------------

local function check_folder()
  local folder = tickets.folder()
  reaper.RecursiveCreateDirectory(folder, 0)
  local probe = system.join(folder, "probe-" .. tickets.new_id() .. ".tmp")
  local is_written, reason = system.write(probe, "probe")
  os.remove(probe)
  if not is_written then
    bad("The ticket folder " .. folder .. " cannot be written: " .. tostring(reason))
    note("Allow writing there, or name another folder under `tickets.folders` in bridge.yaml and here.")
    return false
  end
  good("ticket folder: " .. folder)
  return true
end

local function check_daemon()
  local beat = tickets.daemon()
  if beat then
    good(string.format("daemon: version %s runs, %d chains, %d waiting", beat.version, #beat.chains, beat.waiting))
    return true
  end
  bad("No daemon answers in this folder.")
  local command = tickets.start_command()
  note(command and "Start it: " .. command or "Run `dawbridge reaper install` in a terminal, then `dawbridge run`.")
  note("If it runs, it reads another folder: `dawbridge reaper doctor` tells which.")
  return false
end

-- Ports of REAPER's web interface and OSC, as its settings say: {web, osc}
local function ports()
  local text = system.read(reaper.get_ini_file()) or ""
  local found = {}
  for line in text:gmatch("[^\r\n]+") do
    local kind, rest = line:match("^csurf_%d+=(%u+)%s+(.*)$")
    if kind == "HTTP" then
      found.web = found.web or math.tointeger(tonumber(rest:match("^%d+%s+(%d+)")))
    elseif kind == "OSC" then
      local flags, port = rest:match('^"[^"]*"%s+(%d+)%s+"?(%d+)')
      if port and tonumber(flags) & HEARS ~= 0 then
        found.osc = found.osc or math.tointeger(tonumber(port))
      end
    end
  end
  return found
end

-- The actions that lie beside the library.
local function actions(folder)
  local found, index = {}, 0
  reaper.EnumerateFiles(folder, -1) -- REAPER remembers folders; this makes it look again
  while true do
    local name = reaper.EnumerateFiles(folder, index)
    if not name then
      return found
    end
    if name:match("^Bridge %- .*%.lua$") then
      found[#found + 1] = name
    end
    index = index + 1
  end
end

-- Registers every action; the ids by which the daemon can start the collecting one, and those for A/B; or nil.
local function register()
  local folder, collecting, listening = place.folder:gsub("lib[/\\]$", ""), nil, {}
  local names = actions(folder)
  for index, name in ipairs(names) do
    local command = reaper.AddRemoveReaScript(true, 0, system.join(folder, name), index == #names)
    if command == 0 then
      bad("The script " .. name .. " could not be registered: install the scripts again (`dawbridge reaper install`).")
    elseif name == COLLECT then
      collecting = "_" .. reaper.ReverseNamedCommandLookup(command)
    elseif LISTEN[name] then
      listening[LISTEN[name]] = "_" .. reaper.ReverseNamedCommandLookup(command)
    end
  end
  if not collecting then
    bad(COLLECT .. " is not in " .. folder .. ": install the scripts again (`dawbridge reaper install`).")
    return nil
  end
  good(string.format("%d actions are in the action list; search there for Bridge", #names))
  return collecting, listening
end

local function write_card(collecting, listening)
  local found = ports()
  local text = json.encode({
    format = FORMAT, collect_action = collecting, listen_actions = listening, web_port = found.web,
    osc_port = found.osc,
  })
  local is_written, reason = system.write(tickets.path("reaper.json"), text)
  if not is_written then
    bad("The settings for the daemon cannot be written: " .. tostring(reason))
  end
  return found
end

local function check_project()
  local proj = project.current()
  local count = #project.expected(proj)
  good("this project: files go to " .. system.join(project.folder(proj), "Bridge")
    .. (count > 0 and string.format("; %d results are expected", count) or ""))
end

-- --- The road back ---------------------------------------------------------------------------------------------------

local WAYS = { { "web", "web interface" }, { "osc", "OSC" } }

-- Lets the daemon call REAPER by one way, and goes on with `after(is_heard)`.
local function test_push(way, after)
  reaper.SetExtState(SECTION, "pushed", "", false)
  if not tickets.send({ ask = "push", by = way }) then
    return after(false)
  end
  local until_s, next_s = reaper.time_precise() + PUSH_S, 0
  local function wait()
    local now_s = reaper.time_precise()
    if now_s >= next_s then
      next_s = now_s + LOOK_S
      if reaper.GetExtState(SECTION, "pushed") ~= "" then
        return after(true)
      elseif now_s > until_s then
        return after(false)
      end
    end
    reaper.defer(wait)
  end
  wait()
end

local function tell_push(way, is_heard)
  if is_heard then
    return good("the daemon reaches REAPER (" .. way .. ")")
  end
  bad("REAPER does not hear the daemon (" .. way .. ").")
  note("Preferences > Control/OSC/web: is it on, with this port, and without a password?")
  note("Without it results come as well: an action that asked for something looks for them by itself.")
end

-- Tests every way that is on, one after the other, and shows the report.
local function test_ways(found, number)
  local way = WAYS[number]
  if not way then
    return show()
  elseif not found[way[1]] then
    return test_ways(found, number + 1)
  end
  test_push(way[1], function(is_heard)
    tell_push(way[2] .. ", port " .. found[way[1]], is_heard)
    test_ways(found, number + 1)
  end)
end

local function finish(found, is_running)
  check_project()
  if found and is_running and not (found.web or found.osc) then
    good("results are looked for by the scripts themselves (no web interface or OSC is on; none is needed)")
  end
  test_ways(found and is_running and found or {}, 1)
end

local function look_after()
  lines, faults = {}, 0
  if not check_folder() then
    return show()
  end
  local is_running = check_daemon()
  local collecting, listening = register()
  finish(collecting and write_card(collecting, listening), is_running)
end

-- Looks after everything, and offers to start a daemon that does not run.
function setup.run()
  if tickets.daemon() then
    return look_after()
  end
  if say.ask("The bridge's daemon is not running. Start it now?\n\nNo: look after the rest without it.") == "yes" then
    return tickets.start(look_after)
  end
  look_after()
end

return setup
