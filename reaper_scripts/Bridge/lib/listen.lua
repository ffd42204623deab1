-- A/B: the mix against its master at equal loudness, on the track of the masters.

local need = ...
local json = need("json")
local master = need("master")
local project = need("project")
local say = need("say")
local takes = need("takes")
local tickets = need("tickets")

local listen = {}
local LETTERS = { mix = "a", master = "b" }
local SESSION = "ab_session"
-- Kept in the project: what was changed to hear one track alone.

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

-- What is heard: "mix" or "master", nil outside of A/B. Told by the tracks themselves, because undo changes them.
local function heard_on(track)
  local found = items_of(track)[1]
  if not found or reaper.GetMediaTrackInfo_Value(track, "I_SOLO") == 0 then
    return nil
  end
  return takes.guid(reaper.GetActiveTake(found.item)) == found.facts.mix and "mix" or "master"
end

-- Plays one side of an item; `gain` is that of the take that is heard.
local function play(found, side, gain)
  local take = takes.by_guid(found.item, found.facts[side])
  if take then
    reaper.SetActiveTake(take)
    reaper.SetMediaItemTakeInfo_Value(take, "D_VOL", gain)
  end
end

-- Nothing but the masters' track is heard, and past the effects of the master track: the mix went through them when it
-- was rendered. What was otherwise before is noted.
local function hear_alone(proj, track)
  local bus = reaper.GetMasterTrack(proj)
  local before = json.decode(project.get(proj, SESSION)) or { solo = {} }
  -- Somebody may have ended the solo by hand: then what was before the first time still holds.
  before.effects = before.effects or reaper.GetMediaTrackInfo_Value(bus, "I_FXEN")
  for index = 0, reaper.CountTracks(proj) - 1 do
    local other = reaper.GetTrack(proj, index)
    local solo = reaper.GetMediaTrackInfo_Value(other, "I_SOLO")
    if other ~= track and solo ~= 0 then
      before.solo[reaper.GetTrackGUID(other)] = solo
      reaper.SetMediaTrackInfo_Value(other, "I_SOLO", 0)
    end
  end
  project.set(proj, SESSION, json.encode(before))
  reaper.SetMediaTrackInfo_Value(bus, "I_FXEN", 0)
  reaper.SetMediaTrackInfo_Value(track, "B_MUTE", 0)
  reaper.SetMediaTrackInfo_Value(track, "I_SOLO", 1)
end

local function hear_session(proj, track)
  local before = json.decode(project.get(proj, SESSION)) or { solo = {} }
  for index = 0, reaper.CountTracks(proj) - 1 do
    local other = reaper.GetTrack(proj, index)
    local solo = before.solo[reaper.GetTrackGUID(other)]
    if solo then
      reaper.SetMediaTrackInfo_Value(other, "I_SOLO", solo)
    end
  end
  if before.effects then
    reaper.SetMediaTrackInfo_Value(reaper.GetMasterTrack(proj), "I_FXEN", before.effects)
  end
  reaper.SetMediaTrackInfo_Value(track, "I_SOLO", 0)
  reaper.SetMediaTrackInfo_Value(track, "B_MUTE", 1)
  project.set(proj, SESSION, "")
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
  local is_alone = heard_on(track) ~= nil
  project.change(proj, "Bridge: A/B, hear the " .. side, function()
    for _, found in ipairs(items_of(track)) do
      play(found, side, found.facts[side .. "_gain"])
    end
    if not is_alone then
      hear_alone(proj, track)
    end
  end)
  tell(side)
  say.news("you hear the " .. side .. ", at equal loudness; Bridge: Leave A-B ends it.")
end

-- The first time: the master; then the mix, then the master again.
function listen.toggle()
  local track = master.track(project.current())
  listen.hear(track and heard_on(track) == "master" and "mix" or "master")
end

local function leave(proj, track)
  project.change(proj, "Bridge: leave A/B", function()
    for _, found in ipairs(items_of(track)) do
      play(found, "mix", 1)
      play(found, "master", 1)
    end
    hear_session(proj, track)
  end)
  tell("session")
end

-- Back to the session: the masters' track is silent, each master is active at its own loudness.
function listen.leave()
  local proj = project.current()
  local track = track_or_sentence(proj)
  if track then
    leave(proj, track)
    say.news("you hear the session.")
  end
end

-- Before the session is rendered: ends A/B, and silences the masters' track if somebody let it be heard.
function listen.step_aside(proj)
  local track = master.track(proj)
  if track and (heard_on(track) or reaper.GetMediaTrackInfo_Value(track, "B_MUTE") == 0) then
    leave(proj, track)
  end
end

return listen
