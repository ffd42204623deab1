-- Drawing and clicking in a gfx window: what is drawn in a turn is what can be clicked in it.

local need = ...
local palette = need("palette")

local ui = {}
local LEFT = 1
local FONT = "Arial"
local CENTRED, RIGHT_EDGE, MIDDLE = 1, 2, 4

local was_down, is_clicked = false, false

function ui.begin()
  local is_down = gfx.mouse_cap & LEFT == LEFT
  is_clicked = is_down and not was_down
  was_down = is_down
  ui.set("ground")
  gfx.rect(0, 0, gfx.w, gfx.h, 1)
end

function ui.set(name)
  local colour = palette[name]
  gfx.set(colour[1], colour[2], colour[3], 1)
end

function ui.box(x, y, width, height, name)
  ui.set(name)
  gfx.rect(x, y, width, height, 1)
end

local function fitting(text, width)
  if gfx.measurestr(text) <= width then
    return text
  end
  local count = utf8.len(text) or 0
  while count > 1 do
    count = count - 1
    local shorter = text:sub(1, utf8.offset(text, count + 1) - 1) .. "…"
    if gfx.measurestr(shorter) <= width then
      return shorter
    end
  end
  return ""
end

-- `look`: {colour, size, is_bold, align = "right" | "centre"}; text that does not fit ends in an ellipsis.
function ui.text(x, y, width, text, look)
  look = look or {}
  local size = look.size or 16
  gfx.setfont(1, FONT, size, look.is_bold and string.byte("b") or 0)
  ui.set(look.colour or "text")
  gfx.x, gfx.y = x, y
  local align = look.align == "right" and RIGHT_EDGE or look.align == "centre" and CENTRED or 0
  gfx.drawstr(fitting(text, width), align | MIDDLE, x + width, y + size + 4)
end

local function is_over(x, y, width, height)
  return gfx.mouse_x >= x and gfx.mouse_x < x + width and gfx.mouse_y >= y and gfx.mouse_y < y + height
end

function ui.is_clicked(x, y, width, height)
  return is_clicked and is_over(x, y, width, height)
end

-- A button; whether it was clicked in this turn.
function ui.button(x, y, width, height, label)
  ui.box(x, y, width, height, is_over(x, y, width, height) and "hot" or "raised")
  ui.text(x + 4, y + (height - 19) / 2, width - 8, label, { size = 15, align = "centre" })
  return ui.is_clicked(x, y, width, height)
end

-- A bar that is filled to a fraction.
function ui.bar(x, y, width, height, fraction, name)
  ui.box(x, y, width, height, "raised")
  ui.box(x, y, math.floor(width * math.max(0, math.min(1, fraction)) + 0.5), height, name)
end

return ui
