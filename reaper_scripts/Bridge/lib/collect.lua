-- Waits for results and puts them where they belong. Only one script waits at a time, for all projects that are open:
-- what is expected stands in the projects, so whoever waits sees what all others asked for.

local need = ...
local project = need("project")
local say = need("say")
local takes = need("takes")
local tickets = need("tickets")

local collect = {}
local SECTION = "daw-bridge"
local PLACED = "daw-bridge-placed"
local BEAT = "collector"
local LOOK_S = 0.2
local BEAT_MAX_S = 1.5
local LOST_AFTER_S = 10
local RELAUNCH = 1 | 2
-- A script that waits is ended and started anew, without a question, when its action is run again.
local PEAKS_FIRST, PEAKS_NEXT, PEAKS_LAST = 0, 1, 2

local missing = {}
-- Tickets of which nothing is left on the disk, and since when.

-- --- Placing ---------------------------------------------------------------------------------------------------------

local function place(proj, result)
  local placer = need(result.notes.kind)
  return placer.place(proj, result)
end

local REASONS = { failed = "failed", cancelled = "was cancelled", refused = "was not accepted" }

-- One result into one project; trouble is told, and never ends the waiting.
local function take(proj, result)
  if result.state ~= "done" then
    local name = result.name or result.notes.name or "a job"
    local sentence = name .. " " .. REASONS[result.state] .. (result.sentence and ": " .. result.sentence or ".")
    if result.state == "cancelled" then
      return say.news(sentence)
    end
    if result.request then
      project.set(proj, "failed_" .. result.ticket, result.ticket)
    end
    return say.trouble(sentence)
  end
  local is_good, sentence = pcall(place, proj, result)
  if is_good then
    say.news(sentence)
  else
    local first = result.result and result.result.files[1]
    say.trouble("the result of " .. tostring(result.name) .. " could not be placed: " .. tostring(sentence)
      .. (first and "\nIts files are there: " .. first.path or ""))
  end
end

local function remember_report(proj, result)
  for _, file in ipairs(result.result and result.result.files or {}) do
    if file.role == "report_html" then
      project.set(proj, "report", file.path)
    end
  end
end

-- --- Peaks: built a little at a time, so that nothing stands still ---------------------------------------------------

local peaks = {}

-- Whether a source still plays somewhere: undo and closing take sources away.
local function is_there(one)
  return project.is_open(one.proj) and reaper.ValidatePtr2(one.proj, one.source, "PCM_source*")
end

local function want_peaks()
  for _, one in ipairs(takes.fresh) do
    if is_there(one) and reaper.PCM_Source_BuildPeaks(one.source, PEAKS_FIRST) ~= 0 then
      peaks[#peaks + 1] = one
    end
  end
  takes.fresh = {}
end

local function build_peaks()
  local one = peaks[1]
  if not one then
    return false
  elseif not is_there(one) then
    table.remove(peaks, 1)
  elseif reaper.PCM_Source_BuildPeaks(one.source, PEAKS_NEXT) == 0 then
    reaper.PCM_Source_BuildPeaks(one.source, PEAKS_LAST)
    table.remove(peaks, 1)
    reaper.UpdateArrange()
  end
  return true
end

-- --- Looking ---------------------------------------------------------------------------------------------------------

-- Projects by the tickets that they wait for.
local function expected()
  local waiting = {}
  for _, proj in ipairs(project.all()) do
    for _, id in ipairs(project.expected(proj)) do
      waiting[#waiting + 1] = { id = id, proj = proj }
    end
  end
  return waiting
end

local function is_lost(id)
  if not tickets.is_lost(id) then
    missing[id] = nil
    return false
  end
  missing[id] = missing[id] or reaper.time_precise()
  return reaper.time_precise() - missing[id] > LOST_AFTER_S
end

-- Results that were placed: undo may bring their ids back into the project, and nobody waits for them any more.
local function was_placed(id)
  return reaper.GetExtState(PLACED, id) ~= ""
end

local function remember(id)
  reaper.SetExtState(PLACED, id, "1", false)
end

-- Every project that waits for a ticket: a copy made by save-as waits for the same ones.
local function deliver(id, waiting, result)
  for _, one in ipairs(waiting) do
    if one.id == id then
      take(one.proj, result)
      remember_report(one.proj, result)
      project.forget(one.proj, id)
    end
  end
  want_peaks()
  remember(id)
  if result.state == "done" or not result.request then
    tickets.done(id)
  end
end

-- Places at most one result, so that no turn takes long; how many tickets are still without an answer, and whether one
-- was placed (then the next may be there already).
local function look()
  local waiting = expected()
  for _, one in ipairs(waiting) do
    local result = not was_placed(one.id) and tickets.result(one.id)
    if result then
      deliver(one.id, waiting, result)
      return #waiting - 1, true
    elseif was_placed(one.id) then
      project.forget(one.proj, one.id)
      say.news("a result that was placed before is not placed again.")
    elseif is_lost(one.id) then
      project.forget(one.proj, one.id)
      say.trouble("a job of this project is not known any more; ask again if it is still wanted.")
    end
  end
  return #waiting, false
end

-- --- Waiting ---------------------------------------------------------------------------------------------------------

local function is_somebody_waiting()
  local beat = tonumber(reaper.GetExtState(SECTION, BEAT))
  local age = beat and reaper.time_precise() - beat
  return age ~= nil and age >= 0 and age < BEAT_MAX_S
end

local is_waiting = false

-- Waits as long as anything is expected; nothing where another script waits already.
function collect.keep()
  if is_waiting or is_somebody_waiting() then
    return
  end
  is_waiting = true
  if not say.has_window and reaper.APIExists("set_action_options") then
    reaper.set_action_options(RELAUNCH)
  end
  reaper.atexit(function()
    reaper.DeleteExtState(SECTION, BEAT, false)
  end)
  local next_s = 0
  local function turn()
    local now_s = reaper.time_precise()
    local is_building = build_peaks()
    if now_s >= next_s then
      reaper.SetExtState(SECTION, BEAT, string.format("%.3f", now_s), false)
      local left, is_placed = look()
      next_s = is_placed and now_s or now_s + LOOK_S
      if left == 0 and not is_building then
        is_waiting = false
        reaper.DeleteExtState(SECTION, BEAT, false)
        return
      end
    end
    reaper.defer(turn)
  end
  turn()
end

-- Places whatever is there for the open projects, then waits for the rest.
function collect.now()
  if reaper.GetExtState(SECTION, "pushed") == "" then
    reaper.SetExtState(SECTION, "pushed", "osc", false)
  end
  local count = #expected()
  if count == 0 then
    return say.news("nothing is expected in the open projects.")
  end
  if not tickets.daemon() then
    say.news("the daemon is not running; what is finished already is collected.")
  end
  collect.keep()
end

return collect
