-- The panel: state of the daemon, chain, buttons, figures of the latest master, and jobs with their progress.
-- What there is to show stands here, as a list of parts; two looks draw it: plain gfx, or ReaImGui if it is there.

local need = ...
local analyze = need("analyze")
local collect = need("collect")
local jobs = need("jobs")
local json = need("json")
local listen = need("listen")
local master = need("master")
local project = need("project")
local say = need("say")
local split = need("split")
local system = need("system")
local tickets = need("tickets")

local panel = {}
local SECTION = "daw-bridge"
local LOOK_S = 0.3
local LUFS_LOW, LUFS_HIGH = -36, 0
local SHOWN, HIDDEN = 1 | 4, 8

local state = { beat = nil, jobs = {}, text = nil }

local function look()
  state.beat = tickets.daemon()
  local text = system.read(tickets.path("jobs.json"))
  if text ~= state.text then
    local list = text and json.decode(text)
    state.text, state.jobs = text, list and list.jobs or {}
  end
  if #project.expected(project.current()) > 0 then
    collect.keep()
  end
end

-- --- What there is to show: parts {kind, ...}; `run` is what a click does -------------------------------------------

local function send(ask)
  local id, reason = tickets.send({ ask = ask })
  if not id then
    say.stop(reason)
  end
end

local function daemon_part()
  local beat = state.beat
  if not beat then
    return { kind = "daemon", colour = "bad", words = "The daemon is not running", label = "Start it", run = function()
      tickets.start(function() end)
    end }
  end
  local words = beat.is_paused and "Paused" or beat.running > 0 and "Working" or "Ready"
  return {
    kind = "daemon",
    colour = beat.is_paused and "warn" or "good",
    words = words .. (beat.waiting > 0 and string.format(", %d waiting", beat.waiting) or ""),
    label = beat.is_paused and "Resume" or "Pause",
    run = function()
      send(beat.is_paused and "resume" or "pause")
    end,
  }
end

local function chain_part()
  local proj = project.current()
  local offer = master.offer(proj)
  return {
    kind = "chain",
    words = offer.lines[offer.chosen] or master.chain(proj),
    offer = offer,
    pick = function(index)
      master.use_chain(proj, offer.names[index])
    end,
    run = function()
      master.pick_chain(proj)
    end,
  }
end

local BUTTONS = {
  kind = "buttons",
  { label = "Master project", run = function() master.now("project") end },
  { label = "Master selection", run = function() master.now("time") end },
  { label = "Master regions", run = function() master.now("regions") end },
  { label = "Split items", run = function() split.ask() end },
  { label = "Analyze items", run = function() analyze.selected() end },
  { label = "Mix / master", run = function() listen.toggle() end },
  { label = "Last report", run = function() jobs.open_report() end },
  { label = "Cancel jobs", run = function() jobs.cancel() end },
  { label = "Try failed again", run = function() jobs.retry() end },
}

local function figure(label, colour, lufs, dbtp)
  return {
    label = label,
    colour = colour,
    fraction = lufs and (lufs - LUFS_LOW) / (LUFS_HIGH - LUFS_LOW) or 0,
    lufs = lufs and string.format("%.1f LUFS", lufs) or "silence",
    dbtp = dbtp and string.format("%.1f dBTP", dbtp) or "",
    dbtp_colour = (dbtp or -1) > 0 and "bad" or "text",
  }
end

-- Figures of the latest job that has any; nil where none has.
local function figures_part()
  for _, job in ipairs(state.jobs) do
    if job.state == "done" and job.mix_lufs then
      return { kind = "figures", name = job.name, figure("Mix", "mix", job.mix_lufs, job.mix_dbtp),
        job.master_lufs and figure("Master", "master", job.master_lufs, job.master_dbtp) or nil }
    end
  end
end

local STATES = { queued = "waits", done = "done", failed = "failed", cancelled = "cancelled" }
local STATE_COLOURS = { queued = "quiet", done = "good", failed = "bad", cancelled = "warn", running = "text" }

local function clock(seconds)
  return string.format("%d:%02d", seconds // 60, math.floor(seconds % 60))
end

local function words_of(job)
  if job.state ~= "running" then
    return job.sentence or STATES[job.state]
  end
  return job.stage .. (job.eta_s and ", " .. clock(job.eta_s) .. " left" or "")
end

local function jobs_part()
  local part = { kind = "jobs" }
  for index, job in ipairs(state.jobs) do
    part[index] = {
      name = job.name,
      about = job["do"] .. (job.chain and ", " .. job.chain or ""),
      words = words_of(job),
      colour = STATE_COLOURS[job.state],
      fraction = job.state == "running" and job.fraction or nil,
      run = job.page and function()
        system.open(job.page)
      end,
    }
  end
  return part
end

local function parts()
  local list = { daemon_part(), chain_part(), BUTTONS }
  list[#list + 1] = figures_part()
  list[#list + 1] = jobs_part()
  return list
end

-- --- The window ------------------------------------------------------------------------------------------------------

-- ReaImGui's look where that is installed and not unwanted; else the plain one. A look has open(), is_closed() and
-- draw(parts), which gives back what was clicked: it is done between two pictures.
local function chosen_look()
  if reaper.APIExists("ImGui_GetBuiltinPath") and reaper.GetExtState(SECTION, "look") ~= "gfx" then
    local is_good, found = pcall(need, "look_imgui")
    if is_good then
      return found
    end
  end
  return need("look_gfx")
end

-- Opens the panel; it lives until its window is closed.
function panel.open()
  local window = chosen_look()
  say.has_window = true
  if reaper.APIExists("set_action_options") then
    reaper.set_action_options(SHOWN)
    reaper.atexit(function()
      reaper.set_action_options(HIDDEN)
    end)
  end
  window.open()
  local next_look_s, next_draw_s = 0, 0
  local function turn()
    if window.is_closed() then
      return
    end
    local now_s = reaper.time_precise()
    if now_s >= next_look_s then
      next_look_s = now_s + LOOK_S
      look()
    end
    if now_s >= next_draw_s then
      next_draw_s = now_s + window.draws_s
      local clicked = window.draw(parts())
      if clicked then
        clicked()
      end
    end
    reaper.defer(turn)
  end
  turn()
end

return panel
