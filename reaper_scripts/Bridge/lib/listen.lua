-- A/B: the mix against its master at equal loudness, on the track of the masters.

local need = ...
local master = need("master")
local project = need("project")
local say = need("say")
local tickets = need("tickets")

local listen = {}
local LETTERS = { mix = "a", master = "b" }

local function items_of(track)
  local found = {}
  for index = 0, reaper.CountTrackMediaItems(track) - 1 do
    local item = reaper.GetTrackMediaItem(track, index)
    local facts = master.facts(item)
    if facts and facts.master then
      found[#found + 1] = { item = item, facts = facts }
    end
  end
  return found
end

-- Plays one side of an item; `gain` is that of the take that is heard.
local function play(found, side, gain)
  local take = reaper.GetTake(found.item, found.facts[side])
  if take then
    reaper.SetActiveTake(take)
    reaper.SetMediaItemTakeInfo_Value(take, "D_VOL", gain)
  end
end

local function solo(track, is_on)
  reaper.SetMediaTrackInfo_Value(track, "B_MUTE", is_on and 0 or 1)
  reaper.SetMediaTrackInfo_Value(track, "I_SOLO", is_on and 1 or 0)
end

local function track_or_sentence(proj)
  local track = master.track(proj)
  if not track or #items_of(track) == 0 then
    say.stop("There is no master in this project yet: run Bridge: Master project first.")
    return nil
  end
  return track
end

-- Control surfaces show what is heard: the daemon is told, where one runs.
local function tell(side)
  if tickets.daemon() then
    tickets.send({ ask = "heard", side = LETTERS[side] or "session" })
  end
end

-- The mix or the master, alone, at equal loudness.
function listen.hear(side)
  local proj = project.current()
  local track = track_or_sentence(proj)
  if not track then
    return
  end
  project.change(proj, "Bridge: A/B, hear the " .. side, function()
    for _, found in ipairs(items_of(track)) do
      play(found, side, found.facts[side .. "_gain"])
    end
    solo(track, true)
    project.set(proj, "ab", side)
  end)
  tell(side)
  say.news("you hear the " .. side .. ", at equal loudness.")
end

-- The first time: the master; then the mix, then the master again.
function listen.toggle()
  listen.hear(project.get(project.current(), "ab") == "master" and "mix" or "master")
end

-- Back to the session: the masters' track is silent, each master is active at its own loudness.
function listen.leave()
  local proj = project.current()
  local track = track_or_sentence(proj)
  if not track then
    return
  end
  project.change(proj, "Bridge: leave A/B", function()
    for _, found in ipairs(items_of(track)) do
      play(found, "mix", 1)
      play(found, "master", 1)
    end
    solo(track, false)
    project.set(proj, "ab", "")
  end)
  tell("session")
  say.news("you hear the session.")
end

return listen
