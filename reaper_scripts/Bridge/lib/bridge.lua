-- Loads the modules of this library, each once, and hands them to each other.
-- Use: local need = dofile(folder .. "bridge.lua")(folder); need("split").ask()

return function(folder)
  local loaded = {}
  local function need(name)
    if loaded[name] == nil then
      loaded[name] = assert(loadfile(folder .. name .. ".lua"))(need)
    end
    return loaded[name]
  end
  loaded.place = { folder = folder }
  return need
end
