-- JSON, as far as tickets need it: text to values and back.
-- null becomes nil. Arrays that were read stay arrays when they are written again, also when they are empty.

local json = {}
local ARRAY = {}
local DEPTH_MAX = 60

-- An empty table is written as {}; json.array({}) as [].
function json.array(values)
  return setmetatable(values or {}, ARRAY)
end

local ESCAPES = { ['"'] = '\\"', ["\\"] = "\\\\", ["\b"] = "\\b", ["\f"] = "\\f", ["\n"] = "\\n", ["\r"] = "\\r",
  ["\t"] = "\\t" }

local function text_of(text)
  if not utf8.len(text) then
    error("this is no text (not UTF-8): " .. text:gsub("[\128-\255]", "?"), 0)
  end
  return '"' .. text:gsub('[%c"\\\127]', function(char)
    return ESCAPES[char] or string.format("\\u%04x", char:byte())
  end) .. '"'
end

local function number_of(number)
  if number ~= number or number == math.huge or number == -math.huge then
    error("JSON has no such number", 0)
  end
  if math.type(number) == "integer" then
    return string.format("%d", number)
  end
  return (string.format("%.17g", number):gsub(",", "."))
end

local write

local function array_of(values, depth)
  local parts = {}
  for index = 1, #values do
    parts[index] = write(values[index], depth)
  end
  return "[" .. table.concat(parts, ",") .. "]"
end

local function object_of(values, depth)
  local keys, parts = {}, {}
  for key in pairs(values) do
    keys[#keys + 1] = key
  end
  table.sort(keys)
  for index, key in ipairs(keys) do
    parts[index] = text_of(key) .. ":" .. write(values[key], depth)
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

function write(value, depth)
  local kind = type(value)
  if depth > DEPTH_MAX then
    error("nested too deeply", 0)
  elseif kind == "string" then
    return text_of(value)
  elseif kind == "number" then
    return number_of(value)
  elseif kind == "boolean" then
    return tostring(value)
  elseif kind == "table" then
    local is_array = getmetatable(value) == ARRAY or #value > 0
    return (is_array and array_of or object_of)(value, depth + 1)
  end
  error("JSON has no " .. kind, 0)
end

-- The value as one line of JSON; an error (a sentence) for what JSON cannot hold.
function json.encode(value)
  return write(value, 0)
end

local function fail(text, at, what)
  local _, line = text:sub(1, at):gsub("\n", "")
  error(string.format("line %d: %s", line + 1, what), 0)
end

local function after_blanks(text, at)
  return text:find("[^ \t\r\n]", at) or #text + 1
end

local PLAIN = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", ['"'] = '"', ["\\"] = "\\", ["/"] = "/" }

local function code_at(text, at)
  local digits = text:match("^%x%x%x%x", at)
  if not digits then
    fail(text, at, "four hexadecimal digits must follow \\u")
  end
  return tonumber(digits, 16)
end

-- The character that \uXXXX (one, or a pair of them) stands for, and where the text goes on.
local function unicode_at(text, at)
  local code, after = code_at(text, at), at + 4
  if code >= 0xD800 and code < 0xDC00 and text:sub(after, after + 1) == "\\u" then
    local low = code_at(text, after + 2)
    if low >= 0xDC00 and low < 0xE000 then
      return utf8.char(0x10000 + (code - 0xD800) * 0x400 + low - 0xDC00), after + 6
    end
  end
  return utf8.char((code >= 0xD800 and code < 0xE000) and 0xFFFD or code), after
end

local function read_text(text, at)
  local parts, from = {}, at + 1
  while true do
    local stop = text:find('["\\\0-\31]', from)
    local char = stop and text:sub(stop, stop)
    if not stop or (char ~= '"' and char ~= "\\") then
      fail(text, stop or at, "a text is not closed")
    end
    parts[#parts + 1] = text:sub(from, stop - 1)
    if char == '"' then
      return table.concat(parts), stop + 1
    end
    local kind = text:sub(stop + 1, stop + 1)
    if kind == "u" then
      parts[#parts + 1], from = unicode_at(text, stop + 2)
    elseif PLAIN[kind] then
      parts[#parts + 1], from = PLAIN[kind], stop + 2
    else
      fail(text, stop, "unknown escape \\" .. kind)
    end
  end
end

local function read_number(text, at)
  local digits = text:match("^-?%d+%.?%d*[eE]?[+-]?%d*", at)
  local number = digits and tonumber(digits)
  if not number then
    fail(text, at, "this is no JSON: " .. text:sub(at, at + 20))
  end
  return number, at + #digits
end

local read

local function read_array(text, at, depth)
  local values = json.array()
  at = after_blanks(text, at + 1)
  if text:sub(at, at) == "]" then
    return values, at + 1
  end
  while true do
    values[#values + 1], at = read(text, at, depth)
    at = after_blanks(text, at)
    local char = text:sub(at, at)
    if char == "]" then
      return values, at + 1
    elseif char ~= "," then
      fail(text, at, "a comma or ] is missing")
    end
    at = after_blanks(text, at + 1)
  end
end

local function read_object(text, at, depth)
  local values = {}
  at = after_blanks(text, at + 1)
  if text:sub(at, at) == "}" then
    return values, at + 1
  end
  while true do
    if text:sub(at, at) ~= '"' then
      fail(text, at, "a key in quotes is missing")
    end
    local key
    key, at = read_text(text, at)
    at = after_blanks(text, at)
    if text:sub(at, at) ~= ":" then
      fail(text, at, "a colon is missing")
    end
    values[key], at = read(text, after_blanks(text, at + 1), depth)
    at = after_blanks(text, at)
    local char = text:sub(at, at)
    if char == "}" then
      return values, at + 1
    elseif char ~= "," then
      fail(text, at, "a comma or } is missing")
    end
    at = after_blanks(text, at + 1)
  end
end

local WORDS = { { "true", true }, { "false", false }, { "null", nil } }

function read(text, at, depth)
  if depth > DEPTH_MAX then
    fail(text, at, "nested too deeply")
  end
  local char = text:sub(at, at)
  if char == "{" then
    return read_object(text, at, depth + 1)
  elseif char == "[" then
    return read_array(text, at, depth + 1)
  elseif char == '"' then
    return read_text(text, at)
  end
  for _, word in ipairs(WORDS) do
    if text:sub(at, at + #word[1] - 1) == word[1] then
      return word[2], at + #word[1]
    end
  end
  return read_number(text, at)
end

-- The value in a text; nil and a sentence for what is not JSON.
function json.decode(text)
  local is_good, value, at = pcall(read, text, after_blanks(text, 1), 0)
  if not is_good then
    return nil, value
  end
  if after_blanks(text, at) <= #text then
    return nil, "something follows the end of the JSON"
  end
  return value
end

return json
