-- What can be done with the jobs of this project: cancel them, try the failed ones again, read the last report.

local need = ...
local collect = need("collect")
local project = need("project")
local say = need("say")
local system = need("system")
local tickets = need("tickets")

local jobs = {}
local SECTION = "daw-bridge"
local FAILED = "^failed_(.+)$"

function jobs.open_report()
  local path = project.get(project.current(), "report")
  if path == "" then
    return say.stop("This project has no report yet: master or analyse something first.")
  elseif not reaper.file_exists(path) then
    return say.stop("The report " .. path .. " is not there any more.")
  end
  system.open(path)
end

function jobs.cancel()
  local proj = project.current()
  local ids = project.expected(proj)
  if #ids == 0 then
    return say.news("no job of this project waits or runs.")
  end
  local id, reason = tickets.send({ ask = "cancel", of = ids })
  if not id then
    return say.stop(reason)
  end
  say.news(#ids .. (#ids == 1 and " job is" or " jobs are") .. " to be cancelled.")
  collect.keep()
end

local function failed(proj)
  local found, index = {}, 0
  while true do
    local is_there, key, id = reaper.EnumProjExtState(proj, SECTION, index)
    if not is_there then
      return found
    end
    if key:lower():match(FAILED) then
      found[#found + 1] = { key = key, id = id }
    end
    index = index + 1
  end
end

-- Sends the ticket of a failed job again, as it was.
local function again(proj, one)
  local result = tickets.result(one.id)
  project.set(proj, one.key, "")
  if not (result and result.request) then
    return false, "A failed job is not known any more; ask for it again."
  end
  local ticket = result.request
  ticket.retry_of = result.job
  local id, reason = tickets.send(ticket)
  if id then
    project.expect(proj, id)
    tickets.done(one.id)
  end
  return id ~= nil, reason
end

function jobs.retry()
  local proj = project.current()
  local found = failed(proj)
  if #found == 0 then
    return say.news("no job of this project has failed.")
  end
  tickets.with_daemon(function()
    local count, faults = 0, {}
    for _, one in ipairs(found) do
      local is_sent, reason = again(proj, one)
      count = count + (is_sent and 1 or 0)
      faults[#faults + 1] = not is_sent and reason or nil
    end
    if count > 0 then
      say.news(count .. (count == 1 and " job is" or " jobs are") .. " tried again.")
      collect.keep()
    end
    if #faults > 0 then
      say.stop(table.concat(faults, "\n\n"))
    end
  end)
end

return jobs
