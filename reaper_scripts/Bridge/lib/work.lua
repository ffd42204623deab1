-- Asking for work: one ticket for each thing, noted in the project, then the results are waited for.

local need = ...
local collect = need("collect")
local project = need("project")
local say = need("say")
local tickets = need("tickets")

local work = {}

-- Sends the orders {recipe, file, name, notes} and waits for their results; every sentence is told at once.
function work.ask(proj, orders, faults)
  local sent = 0
  reaper.RecursiveCreateDirectory(project.returns(proj), 0)
  for _, order in ipairs(orders) do
    order.notes.project = project.identity(proj)
    local id, reason = tickets.send({
      recipe = order.recipe,
      files = { order.file },
      name = order.name,
      return_folder = project.returns(proj),
      notes = order.notes,
    })
    if id then
      project.expect(proj, id, order.notes.kind)
      sent = sent + 1
    else
      faults[#faults + 1] = reason
      break
    end
  end
  if sent > 0 then
    say.news(sent .. (sent == 1 and " job" or " jobs") .. " asked for: " .. orders[1].recipe["do"] .. ".")
    collect.keep()
  end
  if #faults > 0 then
    say.stop(table.concat(faults, "\n\n"))
  end
end

return work
