-- The panel drawn by ReaImGui: it scrolls, scales with the screen, docks, and picks chains from a list.

local need = ...
local palette = need("palette")

local VERSION = "0.9"
local ImGui = dofile(reaper.ImGui_GetBuiltinPath() .. "/imgui.lua")(VERSION)

local look = { draws_s = 0 }
-- ReaImGui wants a picture in every turn.
local WIDTH, HEIGHT, BUTTON_WIDTH, LABEL_WIDTH, COLUMNS, GAP = 440, 640, 90, 60, 3, 8
local FULL = -1
-- A width of ReaImGui's: up to the right edge.
local context, clicked
local is_open = true

local function colour(name)
  local value = 0
  for _, part in ipairs(palette[name]) do
    value = value << 8 | math.floor(part * 255 + 0.5)
  end
  return value << 8 | 255
end

local function click(run, is_clicked)
  clicked = is_clicked and run or clicked
end

local function room()
  return (ImGui.GetContentRegionAvail(context))
end

-- The rest of the line is as wide as this, at its right end.
local function to_right(full, width)
  ImGui.SameLine(context)
  ImGui.SetCursorPosX(context, ImGui.GetCursorPosX(context) + room() - math.min(width, full))
end

local function bar(fraction, name, width, height, words)
  ImGui.PushStyleColor(context, ImGui.Col_PlotHistogram, colour(name))
  ImGui.ProgressBar(context, fraction, width, height, words)
  ImGui.PopStyleColor(context)
end

local draw = {}

function draw.daemon(part)
  local full = room()
  ImGui.AlignTextToFramePadding(context)
  ImGui.TextColored(context, colour(part.colour), "●")
  ImGui.SameLine(context)
  ImGui.Text(context, part.words)
  to_right(full, BUTTON_WIDTH)
  click(part.run, ImGui.Button(context, part.label, BUTTON_WIDTH))
end

function draw.chain(part)
  ImGui.AlignTextToFramePadding(context)
  ImGui.TextColored(context, colour("quiet"), "Chain")
  ImGui.SameLine(context, LABEL_WIDTH)
  ImGui.SetNextItemWidth(context, FULL)
  if ImGui.BeginCombo(context, "##chain", part.words) then
    for index, line in ipairs(part.offer.lines) do
      click(function()
        part.pick(index)
      end, (ImGui.Selectable(context, line, index == part.offer.chosen)))
    end
    ImGui.EndCombo(context)
  end
end

function draw.buttons(part)
  local width = (room() - (COLUMNS - 1) * GAP) / COLUMNS
  for index, button in ipairs(part) do
    if (index - 1) % COLUMNS > 0 then
      ImGui.SameLine(context, 0, GAP)
    end
    click(button.run, ImGui.Button(context, button.label, width))
  end
end

function draw.figures(part)
  ImGui.Separator(context)
  ImGui.Text(context, part.name)
  for _, row in ipairs(part) do
    ImGui.AlignTextToFramePadding(context)
    ImGui.TextColored(context, colour("quiet"), row.label)
    ImGui.SameLine(context, LABEL_WIDTH)
    bar(row.fraction, row.colour, room() - BUTTON_WIDTH, 0, row.lufs)
    ImGui.SameLine(context)
    ImGui.TextColored(context, colour(row.dbtp_colour), row.dbtp)
  end
end

function draw.jobs(part)
  ImGui.Separator(context)
  if #part == 0 then
    ImGui.TextColored(context, colour("quiet"), "No jobs yet.")
  end
  for index, job in ipairs(part) do
    local full = room()
    local about = ImGui.CalcTextSize(context, job.about)
    click(job.run, (ImGui.Selectable(context, job.name .. "##" .. index, false, 0, full - about - GAP)))
    to_right(full, about)
    ImGui.TextColored(context, colour("quiet"), job.about)
    ImGui.PushStyleColor(context, ImGui.Col_Text, colour(job.colour))
    ImGui.TextWrapped(context, job.words)
    ImGui.PopStyleColor(context)
    if job.fraction then
      bar(job.fraction, "good", FULL, 4, "")
    end
    ImGui.Dummy(context, 0, GAP / 2)
  end
end

function look.open()
  context = ImGui.CreateContext("Bridge")
end

function look.is_closed()
  return not is_open
end

-- Draws the parts; what was clicked, or nil.
function look.draw(parts)
  clicked = nil
  local is_visible
  ImGui.SetNextWindowSize(context, WIDTH, HEIGHT, ImGui.Cond_FirstUseEver)
  is_visible, is_open = ImGui.Begin(context, "Bridge", true)
  if is_visible then
    for _, part in ipairs(parts) do
      draw[part.kind](part)
    end
    ImGui.End(context)
  end
  return clicked
end

return look
