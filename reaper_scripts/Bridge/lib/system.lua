-- Paths and small files, the same on Windows, macOS and Linux.

local system = {}

function system.is_windows()
  return reaper.GetOS():find("^Win") ~= nil
end

function system.is_mac()
  return reaper.GetOS():find("OSX") ~= nil or reaper.GetOS():find("macOS") ~= nil
end

function system.separator()
  return system.is_windows() and "\\" or "/"
end

-- Windows' folder for programs' data. Its variables come in the letters of a code page, so that a user's name may be
-- spoilt; REAPER's own folder, which lies beside it, comes as UTF-8.
function system.local_data()
  local beside = reaper.GetResourcePath():match("^(.*[/\\]AppData)[/\\]Roaming[/\\]")
  return beside and beside .. "\\Local" or os.getenv("LOCALAPPDATA") or ""
end

-- The parts as one path, with this system's separators.
function system.join(first, ...)
  local path = first:gsub("[/\\]+$", "")
  for _, part in ipairs({ ... }) do
    path = path .. system.separator() .. part
  end
  return system.is_windows() and path:gsub("/", "\\") or path
end

function system.folder_of(path)
  return (path:match(system.is_windows() and "^(.*)[/\\]" or "^(.*)/")) or ""
end

-- The file's name without folder and ending.
function system.base_of(path)
  local name = path:match(system.is_windows() and "([^/\\]*)$" or "([^/]*)$")
  return (name:gsub("%.[^.]*$", ""))
end

-- A name that every system takes.
function system.file_name(text)
  local name = text:gsub('[<>:"/\\|?*%c]', "_"):gsub("^[%s.]+", ""):gsub("[%s.]+$", "")
  return name == "" and "untitled" or name
end

function system.read(path)
  local file = io.open(path, "rb")
  if not file then
    return nil
  end
  local text = file:read("a")
  file:close()
  return text
end

-- Writes a file that is there whole or not at all; nil and a sentence where that cannot be.
function system.write(path, text)
  local partial = path .. ".part"
  local file, reason = io.open(partial, "wb")
  if not file then
    return nil, reason
  end
  local is_written, why = file:write(text)
  file:close()
  if not is_written then
    os.remove(partial)
    return nil, why
  end
  if system.is_windows() then
    os.remove(path)
  end
  local is_moved, cause = os.rename(partial, path)
  if not is_moved then
    os.remove(partial)
    return nil, cause
  end
  return true
end

-- How the command line of this system holds a path.
function system.quoted(path)
  return '"' .. path:gsub('"', '\\"') .. '"'
end

-- Opens a page in the browser, or a file with its program; returns at once.
function system.open(path)
  local command
  if system.is_windows() then
    command = 'cmd.exe /Q /C start "" ' .. system.quoted(path)
  elseif system.is_mac() then
    command = "/usr/bin/open " .. system.quoted(path)
  else
    command = "/usr/bin/xdg-open " .. system.quoted(path)
  end
  return reaper.ExecProcess(command, -1)
end

return system
