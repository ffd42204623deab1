-- The road to the daemon and back: a folder with small files (see examples/tickets in daw-bridge).

local need = ...
local json = need("json")
local say = need("say")
local system = need("system")

local tickets = {}
local FORMAT = 1
local SECTION = "daw-bridge"
local SETTINGS_FILE = "daw-bridge.json"
local ALIVE_S = 10
local START_S = 40
local LOOK_S = 0.2

-- --- Where -----------------------------------------------------------------------------------------------------------

-- What `dawbridge reaper install` wrote for these scripts: ticket folder and the command that starts the daemon.
local function installed()
  local text = system.read(system.join(reaper.GetResourcePath(), SETTINGS_FILE))
  return text and json.decode(text) or {}
end

local function default_folder()
  local home = os.getenv("HOME") or ""
  if system.is_windows() then
    return system.join(system.local_data(), "daw-bridge", "tickets")
  elseif system.is_mac() then
    return system.join(home, "Library", "Application Support", "daw-bridge", "tickets")
  end
  local data = os.getenv("XDG_DATA_HOME")
  data = (data and data ~= "") and data or system.join(home, ".local", "share")
  return system.join(data, "daw-bridge", "tickets")
end

-- The ticket folder: chosen in the set-up, or written by the installer, or where the daemon looks by itself.
function tickets.folder()
  local chosen = reaper.GetExtState(SECTION, "tickets")
  if chosen ~= "" then
    return chosen
  end
  return installed().tickets or default_folder()
end

function tickets.path(name)
  return system.join(tickets.folder(), name)
end

-- The JSON in a file of the ticket folder; nil where there is none, or it is not whole.
function tickets.read(name)
  local text = system.read(tickets.path(name))
  return text and json.decode(text)
end

-- --- The daemon ------------------------------------------------------------------------------------------------------

-- The last heartbeat if the daemon lives, else nil.
function tickets.daemon()
  local beat = tickets.read("daemon.json")
  if type(beat) == "table" and os.time() - (beat.now_s or 0) < ALIVE_S then
    return beat
  end
end

local COMMAND_PLACES = { "/.local/bin/dawbridge", "/.venv/bin/dawbridge" }

-- The command line that starts the daemon, or nil.
function tickets.start_command()
  local command = reaper.GetExtState(SECTION, "start")
  if command ~= "" then
    return command
  elseif installed().start then
    return installed().start
  end
  for _, place in ipairs(COMMAND_PLACES) do
    local path = (os.getenv("HOME") or "") .. place
    if reaper.file_exists(path) then
      return system.quoted(path) .. " run"
    end
  end
end

-- Starts the daemon and goes on with `after(is_running)` when it is there, or when it takes too long.
function tickets.start(after)
  local command = tickets.start_command()
  if not command then
    say.stop("These scripts do not know how to start the daemon. Run `dawbridge reaper install` in a terminal once; "
      .. "it writes the command down. Until then start it by hand: dawbridge run")
    return after(false)
  end
  reaper.ExecProcess(command, -1)
  local until_s, next_s = reaper.time_precise() + START_S, 0
  local function wait()
    local now_s = reaper.time_precise()
    if now_s < next_s then
      return reaper.defer(wait)
    end
    next_s = now_s + LOOK_S
    if tickets.daemon() then
      say.news("the daemon runs.")
      return after(true)
    elseif now_s > until_s then
      say.stop("The daemon was started (" .. command .. ") and does not answer in " .. tickets.folder()
        .. ". Run `dawbridge doctor` in a terminal, or the action Bridge: Set up and diagnose.")
      return after(false)
    end
    reaper.defer(wait)
  end
  wait()
end

-- Goes on with `after()` when the daemon is there, or when the user is content that the work waits for it.
function tickets.with_daemon(after)
  if tickets.daemon() then
    return after()
  end
  local answer = say.ask("The bridge's daemon is not running.\n\nYes: start it now.\n"
    .. "No: ask anyway; the work is done when the daemon runs.\nCancel: do nothing.")
  if answer == "no" then
    after()
  elseif answer == "yes" then
    tickets.start(function(is_running)
      if is_running then
        after()
      end
    end)
  end
end

-- --- Tickets ---------------------------------------------------------------------------------------------------------

function tickets.new_id()
  return (reaper.genGuid(""):gsub("[{}]", ""))
end

-- Puts a ticket into the folder; its id, or nil and a sentence.
function tickets.send(ticket)
  ticket.format = FORMAT
  ticket.id = tickets.new_id()
  ticket.created_s = os.time()
  ticket.client = "REAPER " .. reaper.GetAppVersion()
  local is_good, text = pcall(json.encode, ticket)
  if not is_good then
    return nil, text
  end
  reaper.RecursiveCreateDirectory(tickets.folder(), 0)
  local is_written, reason = system.write(tickets.path(ticket.id .. ".json"), text)
  if not is_written then
    return nil, "The ticket folder cannot be written (" .. tostring(reason) .. "). Allow writing there, or choose "
      .. "another one with the action Bridge: Set up and diagnose."
  end
  return ticket.id
end

function tickets.progress(id)
  return tickets.read(id .. ".progress.json")
end

-- The result of a ticket; nil while there is none.
function tickets.result(id)
  local name = id .. ".result.json"
  if reaper.file_exists(tickets.path(name)) then
    return tickets.read(name)
  end
end

-- Takes the result away, once everything in it has found its place.
function tickets.done(id)
  os.remove(tickets.path(id .. ".result.json"))
end

-- Whether neither ticket nor answer is there any more.
function tickets.is_lost(id)
  for _, name in ipairs({ id .. ".json", id .. ".progress.json", id .. ".result.json" }) do
    if reaper.file_exists(tickets.path(name)) then
      return false
    end
  end
  return not reaper.file_exists(system.join(tickets.folder(), "accepted", id .. ".json"))
end

return tickets
