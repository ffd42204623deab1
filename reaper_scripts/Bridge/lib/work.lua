-- Asking for work: one ticket for each thing, noted in the project, then the results are waited for.

local need = ...
local collect = need("collect")
local project = need("project")
local say = need("say")
local tickets = need("tickets")

local work = {}
local TURN_MAX = 10
-- Tickets written in one turn: a slow disk must not hold REAPER up.

local function send(proj, order)
  order.notes.project = project.identity(proj)
  local id, reason = tickets.send({
    recipe = order.recipe,
    files = { order.file },
    name = order.name,
    return_folder = project.returns(proj),
    notes = order.notes,
  })
  if id then
    project.expect(proj, id)
  end
  return id, reason
end

-- Sends the orders {recipe, file, name, notes} and waits for their results; every sentence is told at once.
function work.ask(proj, orders, faults)
  local sent = 0
  local function finish()
    if sent > 0 then
      say.news(sent .. (sent == 1 and " job" or " jobs") .. " asked for: " .. orders[1].recipe["do"] .. ".")
      collect.keep()
    end
    if #faults > 0 then
      say.stop(table.concat(faults, "\n\n"))
    end
  end
  local function turn()
    local last = math.min(sent + TURN_MAX, #orders)
    while sent < last and project.is_open(proj) do
      local id, reason = send(proj, orders[sent + 1])
      if not id then
        faults[#faults + 1] = reason
        return finish()
      end
      sent = sent + 1
    end
    if sent < #orders and project.is_open(proj) then
      return reaper.defer(turn)
    end
    finish()
  end
  reaper.RecursiveCreateDirectory(project.returns(proj), 0)
  turn()
end

return work
