-- The panel drawn by REAPER's own gfx: needs no extension.

local need = ...
local say = need("say")
local ui = need("ui")

local look = { draws_s = 0.05 }
local SECTION = "daw-bridge"
local WIDTH, HEIGHT, EDGE, ROW = 440, 620, 14, 44
local clicked, dock

local function inner_width()
  return gfx.w - 2 * EDGE
end

local function click(run, is_clicked)
  clicked = is_clicked and run or clicked
end

-- --- Parts, each drawn below the one before; they give the height that they took -------------------------------------

local draw = {}

function draw.daemon(part, y)
  ui.set(part.colour)
  gfx.circle(EDGE + 6, y + 15, 5, 1, 1)
  ui.text(EDGE + 20, y + 4, inner_width() - 130, part.words, { is_bold = true })
  click(part.run, ui.button(gfx.w - EDGE - 96, y, 96, 30, part.label))
  return 44
end

function draw.chain(part, y)
  ui.text(EDGE, y + 5, 60, "Chain", { colour = "quiet" })
  click(part.run, ui.button(EDGE + 60, y, inner_width() - 60, 30, part.words .. "  ▾"))
  return 42
end

function draw.buttons(part, y)
  local gap, columns = 6, 3
  local width = (inner_width() - (columns - 1) * gap) / columns
  for index, button in ipairs(part) do
    local column, row = (index - 1) % columns, (index - 1) // columns
    click(button.run, ui.button(EDGE + column * (width + gap), y + row * 36, width, 30, button.label))
  end
  return 36 * ((#part + columns - 1) // columns) + 8
end

-- One row of figures: a bar for the loudness, and the true peak beside it.
local function draw_meter(y, row)
  local width = inner_width() - 230
  ui.text(EDGE, y, 60, row.label, { colour = "quiet", size = 15 })
  ui.bar(EDGE + 62, y + 4, width, 12, row.fraction, row.colour)
  ui.text(EDGE + 70 + width, y, 80, row.lufs, { size = 15, align = "right" })
  ui.text(EDGE + 150 + width, y, 80, row.dbtp, { size = 15, align = "right", colour = row.dbtp_colour })
end

function draw.figures(part, y)
  ui.text(EDGE, y, inner_width(), part.name, { is_bold = true, size = 15 })
  for index, row in ipairs(part) do
    draw_meter(y + 22 * index, row)
  end
  return 76
end

local function draw_job(y, job)
  local width = inner_width()
  ui.text(EDGE, y, width - 150, job.name, { size = 15 })
  ui.text(EDGE + width - 146, y, 146, job.about, { size = 14, colour = "quiet", align = "right" })
  ui.text(EDGE, y + 17, width, job.words, { size = 14, colour = job.colour })
  if job.fraction then
    ui.bar(EDGE, y + 37, width, 3, job.fraction, "good")
  end
  click(job.run, ui.is_clicked(EDGE, y, width, ROW))
end

function draw.jobs(part, y)
  ui.set("line")
  gfx.line(EDGE, y, gfx.w - EDGE, y)
  local top = y
  y = y + 10
  if #part == 0 then
    ui.text(EDGE, y, inner_width(), "No jobs yet.", { colour = "quiet" })
  end
  for _, job in ipairs(part) do
    if y + ROW > gfx.h then
      break
    end
    draw_job(y, job)
    y = y + ROW + 4
  end
  return y - top
end

-- --- The window ------------------------------------------------------------------------------------------------------

function look.open()
  dock = tonumber(reaper.GetExtState(SECTION, "dock")) or 0
  gfx.init("Bridge", WIDTH, HEIGHT, dock, 120, 120)
  say.has_gfx = true
end

function look.is_closed()
  return gfx.getchar() < 0
end

-- Where it is docked is written down when it changes: the next panel opens there.
local function remember_dock()
  local now = gfx.dock(-1)
  if now ~= dock then
    dock = now
    reaper.SetExtState(SECTION, "dock", string.format("%d", now), true)
  end
end

-- Draws the parts; what was clicked, or nil.
function look.draw(parts)
  clicked = nil
  ui.begin()
  local y = EDGE
  for _, part in ipairs(parts) do
    y = y + draw[part.kind](part, y)
  end
  gfx.update()
  remember_dock()
  return clicked
end

return look
