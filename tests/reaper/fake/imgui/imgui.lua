-- What ReaImGui's own imgui.lua does: gives its functions by name, and its constants as numbers.

return function(version)
  assert(version == "0.9", "the scripts are written for version 0.9")
  return setmetatable({}, {
    __index = function(_, name)
      local found = reaper["ImGui_" .. name] or error("ReaImGui has no " .. name, 2)
      return reaper.ImGui__is_constant(name) and found() or found
    end,
  })
end
