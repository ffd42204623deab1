-- The colours of the panel, red, green and blue from 0 to 1, whichever way it is drawn.

return {
  ground = { 0.13, 0.13, 0.14 },
  raised = { 0.20, 0.20, 0.22 },
  hot = { 0.27, 0.27, 0.30 },
  line = { 0.30, 0.30, 0.33 },
  text = { 0.92, 0.92, 0.92 },
  quiet = { 0.62, 0.62, 0.65 },
  good = { 0.36, 0.74, 0.50 },
  warn = { 0.90, 0.66, 0.25 },
  bad = { 0.88, 0.37, 0.34 },
  mix = { 0.47, 0.60, 0.80 },
  master = { 0.83, 0.69, 0.22 },
}
