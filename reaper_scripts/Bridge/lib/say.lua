-- What people are told: questions and refusals in a box, news in the status line, what went wrong later in the console.

local say = {}
local TITLE = "Bridge"
local YES, NO = 6, 7

-- Whether this script has a window open, and whether it is one of gfx: menus belong to it then.
say.has_window = false
say.has_gfx = false

-- Something that stops this action.
function say.stop(sentence)
  reaper.MB(sentence, TITLE, 0)
end

-- Good news, where it does not disturb.
function say.news(sentence)
  reaper.Help_Set(TITLE .. ": " .. sentence, false)
end

-- What went wrong while nobody was waiting; REAPER opens its console for it.
function say.trouble(sentence)
  reaper.ShowConsoleMsg(TITLE .. ": " .. sentence .. "\n")
end

-- "yes", "no" or "cancel".
function say.ask(question)
  local answer = reaper.MB(question, TITLE, 3)
  return answer == YES and "yes" or answer == NO and "no" or "cancel"
end

-- The number of the chosen line, or nil. Lines may be marked as chosen by `chosen`.
function say.choose(lines, chosen)
  local shown = {}
  for index, line in ipairs(lines) do
    shown[index] = (line == chosen and "!" or "") .. line:gsub("|", "/")
  end
  if not say.has_gfx then
    gfx.init("Bridge", 1, 1, 0, 0, 0)
  end
  gfx.x, gfx.y = gfx.mouse_x, gfx.mouse_y
  local answer = gfx.showmenu(table.concat(shown, "|"))
  if not say.has_gfx then
    gfx.quit()
  end
  return answer > 0 and math.tointeger(answer) or nil
end

return say
