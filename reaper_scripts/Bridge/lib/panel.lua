-- The panel: state of the daemon, chain, buttons, figures of the latest master, and jobs with their progress.

local need = ...
local analyze = need("analyze")
local collect = need("collect")
local jobs = need("jobs")
local listen = need("listen")
local master = need("master")
local project = need("project")
local say = need("say")
local split = need("split")
local system = need("system")
local tickets = need("tickets")
local json = need("json")
local ui = need("ui")

local panel = {}
local WIDTH, HEIGHT, EDGE, ROW = 440, 620, 14, 44
local LOOK_S, DRAW_S = 0.3, 0.05
local LUFS_LOW, LUFS_HIGH = -36, 0
local SHOWN, HIDDEN = 1 | 4, 8

local state = { beat = nil, jobs = {}, text = nil }

-- --- What there is to show -------------------------------------------------------------------------------------------

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

local function send(ask)
  local id, reason = tickets.send({ ask = ask })
  if not id then
    say.stop(reason)
  end
end

-- --- Parts, each drawn below the one before; they give the height that they took -------------------------------------

local function draw_daemon(y)
  local beat, width = state.beat, gfx.w - 2 * EDGE
  local colour = not beat and "bad" or beat.is_paused and "warn" or "good"
  local words = "The daemon is not running"
  if beat then
    words = beat.is_paused and "Paused" or beat.running > 0 and "Working" or "Ready"
    words = words .. (beat.waiting > 0 and string.format(", %d waiting", beat.waiting) or "")
  end
  ui.set(colour)
  gfx.circle(EDGE + 6, y + 15, 5, 1, 1)
  ui.text(EDGE + 20, y + 4, width - 130, words, { is_bold = true })
  local label = not beat and "Start it" or beat.is_paused and "Resume" or "Pause"
  if ui.button(gfx.w - EDGE - 96, y, 96, 30, label) then
    if not beat then
      tickets.start(function() end)
    else
      send(beat.is_paused and "resume" or "pause")
    end
  end
  return 44
end

local function chain_words(proj)
  local name = master.chain(proj)
  for _, chain in ipairs(state.beat and state.beat.chains or {}) do
    if chain.name == name then
      return chain.title .. (chain.target_lufs and string.format("   %.1f LUFS", chain.target_lufs) or "")
    end
  end
  return name
end

local function draw_chain(y)
  local width = gfx.w - 2 * EDGE
  ui.text(EDGE, y + 5, 60, "Chain", { colour = "quiet" })
  if ui.button(EDGE + 60, y, width - 60, 30, chain_words(project.current()) .. "  ▾") then
    master.pick_chain(project.current())
  end
  return 42
end

local BUTTONS = {
  { "Master project", function() master.now("project") end },
  { "Master selection", function() master.now("time") end },
  { "Master regions", function() master.now("regions") end },
  { "Split items", function() split.ask() end },
  { "Analyze items", function() analyze.selected() end },
  { "Mix / master", function() listen.toggle() end },
  { "Last report", function() jobs.open_report() end },
  { "Cancel jobs", function() jobs.cancel() end },
  { "Try failed again", function() jobs.retry() end },
}

local function draw_buttons(y)
  local gap, columns = 6, 3
  local width = (gfx.w - 2 * EDGE - (columns - 1) * gap) / columns
  for index, button in ipairs(BUTTONS) do
    local column, row = (index - 1) % columns, (index - 1) // columns
    if ui.button(EDGE + column * (width + gap), y + row * 36, width, 30, button[1]) then
      button[2]()
    end
  end
  return 36 * ((#BUTTONS + columns - 1) // columns) + 8
end

-- One row of figures: a bar for the loudness, and the true peak beside it.
local function draw_meter(y, label, colour, lufs, dbtp)
  local width = gfx.w - 2 * EDGE - 230
  ui.text(EDGE, y, 60, label, { colour = "quiet", size = 15 })
  local fraction = lufs and (lufs - LUFS_LOW) / (LUFS_HIGH - LUFS_LOW) or 0
  ui.bar(EDGE + 62, y + 4, width, 12, fraction, colour)
  ui.text(EDGE + 70 + width, y, 80, lufs and string.format("%.1f LUFS", lufs) or "silence",
    { size = 15, align = "right" })
  ui.text(EDGE + 150 + width, y, 80, dbtp and string.format("%.1f dBTP", dbtp) or "",
    { size = 15, align = "right", colour = (dbtp or -1) > 0 and "bad" or "text" })
end

local function draw_figures(y)
  for _, job in ipairs(state.jobs) do
    if job.state == "done" and job.mix_lufs then
      ui.text(EDGE, y, gfx.w - 2 * EDGE, job.name, { is_bold = true, size = 15 })
      draw_meter(y + 22, "Mix", "mix", job.mix_lufs, job.mix_dbtp)
      if job.master_lufs then
        draw_meter(y + 44, "Master", "master", job.master_lufs, job.master_dbtp)
      end
      return 76
    end
  end
  return 0
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

local function draw_job(y, job)
  local width = gfx.w - 2 * EDGE
  ui.text(EDGE, y, width - 150, job.name, { size = 15 })
  ui.text(EDGE + width - 146, y, 146, job["do"] .. (job.chain and ", " .. job.chain or ""),
    { size = 14, colour = "quiet", align = "right" })
  ui.text(EDGE, y + 17, width, words_of(job), { size = 14, colour = STATE_COLOURS[job.state] })
  if job.state == "running" then
    ui.bar(EDGE, y + 37, width, 3, job.fraction, "good")
  end
  if job.page and ui.is_clicked(EDGE, y, width, ROW) then
    system.open(job.page)
  end
end

local function draw_jobs(y)
  ui.set("line")
  gfx.line(EDGE, y, gfx.w - EDGE, y)
  y = y + 10
  if #state.jobs == 0 then
    ui.text(EDGE, y, gfx.w - 2 * EDGE, "No jobs yet.", { colour = "quiet" })
  end
  for _, job in ipairs(state.jobs) do
    if y + ROW > gfx.h then
      break
    end
    draw_job(y, job)
    y = y + ROW + 4
  end
end

local function draw()
  ui.begin()
  local y = EDGE
  for _, part in ipairs({ draw_daemon, draw_chain, draw_buttons, draw_figures }) do
    y = y + part(y)
  end
  draw_jobs(y)
  gfx.update()
end

-- --- The window ------------------------------------------------------------------------------------------------------

-- Opens the panel; it lives until its window is closed.
function panel.open()
  say.has_window = true
  if reaper.APIExists("set_action_options") then
    reaper.set_action_options(SHOWN)
    reaper.atexit(function()
      reaper.set_action_options(HIDDEN)
    end)
  end
  gfx.init("Bridge", WIDTH, HEIGHT, tonumber(reaper.GetExtState("daw-bridge", "dock")) or 0, 120, 120)
  local next_look_s, next_draw_s = 0, 0
  local function turn()
    if gfx.getchar() < 0 then
      return
    end
    local now_s = reaper.time_precise()
    if now_s >= next_look_s then
      next_look_s = now_s + LOOK_S
      look()
    end
    if now_s >= next_draw_s then
      next_draw_s = now_s + DRAW_S
      draw()
      reaper.SetExtState("daw-bridge", "dock", string.format("%d", gfx.dock(-1)), true)
    end
    reaper.defer(turn)
  end
  turn()
end

return panel
