"""Where a curve bends faster than a grid can follow: integrals of it in place of samples.

A grid of point values of f(x(t)) folds back whatever f makes above its rate. Between the points x(t) is smooth (a
cubic through four of them), f(x(t)) need not be. There, the difference between f(x(t)) and the cubic through its own
point values is integrated against a kernel that lets the audio band through and takes out what would fold into it: a
cubic B-spline, its droop made up for. That is antiderivative antialiasing (Parker et al., DAFx-16; Bilbao et al.,
2017) with a fourth-order kernel, with cubic instead of straight lines between the points, and by quadrature between
the places where the curve bends, so that no small differences of large antiderivatives occur. What is linear in x
cancels exactly, so the correction is nothing where the curve is straight.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import Samples
from bridge.dsp.compiled import compiled
from bridge.dsp.mastering.bending import CLIP, TAPE, Settings, unit_curve, unit_scales

STEP_MAX = 0.25
"""How far a smooth curve may be moved along between two points that are left as they are, in units of the curve."""
SLOW_CORNER = 0.002
"""How far a knee may bend between two points that are left as they are, in units of the curve."""
TURN_MAX = 0.0025
"""The same of a knee, by the squared second difference, over its height."""
EDGES_TANH = (-4.97, -2.6, -1.0, 0.0, 1.0, 2.6, 4.97)
EDGES_TAPE = (-40.0, -12.0, -4.0, -1.6, -0.6, 0.0, 0.6, 1.6, 4.0, 12.0, 40.0)
"""Between neighbours of these four nodes are enough."""
NODES = (0.06943184420297371, 0.33000947820757187, 0.6699905217924281, 0.9305681557970262)
WEIGHTS = (0.17392742256872692, 0.32607257743127307, 0.32607257743127307, 0.17392742256872692)
"""Of Gauss-Legendre quadrature on 0 to 1."""
KERNEL = (
    (-1.0, 3.0, -3.0, 1.0),
    (4.0, -24.0, 30.0, -11.0),
    (30.0, 0.0, -54.0, 28.0),
    (4.0, 24.0, 30.0, -28.0),
    (-1.0, -3.0, -3.0, 11.0),
    (0.0, 0.0, 0.0, -1.0),
)
"""Weight, in parts of 36, at the points -2 to 3 of what lies between 0 and 1, as cubics of where."""
Cubic: TypeAlias = tuple[float, float, float, float]
Edges: TypeAlias = NDArray[np.float64]
Places: TypeAlias = tuple[Samples, Samples]
"""Where between two points a curve is read, counted from the first, and what weighs what is read there."""
BATCH = 64
"""Intervals that are done together."""
PLACES_MAX = 64
"""Of one interval: its four points, and four between each two edges of the longest row, or each two corners."""


@compiled
def add_corners(points: Samples, corrections: Samples, settings: Settings, first: int) -> None:
    """Adds what is to be added to the point values of a curve where it bends faster than they can follow.

    Args:
        points: what goes into the curve.
        corrections: as long; altered, up to two points before and three after the intervals that are looked at.
        settings: of the curve.
        first: the first interval that is looked at (at least 3); as many points are left beside the last.
    """
    edges = _edges(settings)
    which = np.empty(points.size, np.int64)
    count = _found(points, which, edges, (settings, first))
    places, weights = np.zeros(BATCH * PLACES_MAX, np.float32), np.zeros(BATCH * PLACES_MAX, np.float32)
    values = np.zeros(BATCH * PLACES_MAX, np.float32)
    starts = np.zeros(BATCH + 1, np.int64)
    for start in range(0, count, BATCH):
        batch = which[start : min(start + BATCH, count)]
        _lay(points, batch, starts, (places, weights), (edges, settings))
        _follow(points, batch, starts, (places, values), settings)
        unit_curve(values[: starts[batch.size]], settings[0], settings[3])
        _spread(batch, starts, (places, weights, values), corrections, settings)


@compiled
def _edges(settings: Settings) -> Edges:
    """Where the curve bends, in its own units, rising."""
    if settings[0] == CLIP:
        knee = settings[3]
        return np.array((knee - 2.0, -knee, knee, 2.0 - knee))
    return np.array(EDGES_TAPE) if settings[0] == TAPE else np.array(EDGES_TANH)


@compiled
def _found(points: Samples, which: NDArray[np.int64], edges: Edges, place: tuple[Settings, int]) -> int:
    """Writes the intervals where the curve bends too fast, and one to each side; says how many."""
    settings, first = place
    marks = np.zeros(points.size, np.float32)
    if settings[0] == CLIP:
        _mark_corners(points, marks, edges, settings)
    else:
        _mark_smooth(points, marks, np.float32(edges[edges.size - 1]), settings)
    last, done, count = points.size - first, first, 0
    for i in range(first - 1, last + 1):
        if marks[i] > np.float32(0.0):
            for j in range(max(done, i - 1), min(i + 2, last)):
                which[count] = j
                count += 1
                done = j + 1
    return count


@compiled
def _mark_smooth(points: Samples, marks: Samples, end: np.float32, settings: Settings) -> None:
    """Marks the intervals in which a smooth curve is moved along too far."""
    one, none, most = np.float32(1.0), np.float32(0.0), np.float32(STEP_MAX * STEP_MAX)
    into, plus = np.float32(unit_scales(settings)[0]), np.float32(unit_scales(settings)[1])
    curved = one if settings[0] == TAPE else none
    beyond = np.float32(1e30) if settings[0] == TAPE else end
    ahead = points[1:]
    for i in range(ahead.size):
        v, w = into * points[i] + plus, into * ahead[i] + plus
        near = max(none, min(v, w), -max(v, w))
        step = (w - v) * (w - v)
        marks[i] = one if step > most * (one + curved * near * near) and near < beyond else none


@compiled
def _mark_corners(points: Samples, marks: Samples, edges: Edges, settings: Settings) -> None:
    """Marks the intervals in which a clipper reaches a corner, or its knee is too narrow to be followed."""
    one, none, eighth = np.float32(1.0), np.float32(0.0), np.float32(0.125)
    into = np.float32(1.0 / settings[2])
    knee, top = np.float32(edges[2]), np.float32(edges[3])
    slow = np.float32(2.0 * SLOW_CORNER * (1.0 - settings[3]))
    turned = np.float32(TURN_MAX * (1.0 - settings[3]))
    inner, after, later, far = marks[1:], points[1:], points[2:], points[3:]
    for i in range(far.size):
        u, v, w, x = into * points[i], into * after[i], into * later[i], into * far[i]
        turn = max(abs(u - v - v + w), abs(v - w - w + x))
        low, high = min(v, w) - eighth * turn, max(v, w) + eighth * turn
        near, most = max(none, low, -high), max(high, -low)
        is_fast = (high - low) * (high - low) > slow and ((near < knee and most > knee) or (near < top and most > top))
        is_tight = turn * turn > turned and most > knee and near < top
        inner[i] = one if is_fast or is_tight else none


@compiled
def _cubic(y: Cubic) -> Cubic:
    """Through the values at -1, 0, 1 and 2."""
    return (
        y[1],
        y[2] - y[0] / 3.0 - y[1] / 2.0 - y[3] / 6.0,
        (y[0] + y[2]) / 2.0 - y[1],
        (y[3] - y[0]) / 6.0 + (y[1] - y[2]) / 2.0,
    )


@compiled
def _at(cubic: Cubic, t: float) -> float:
    return cubic[0] + t * (cubic[1] + t * (cubic[2] + t * cubic[3]))


@compiled
def _lay(
    points: Samples, batch: NDArray[np.int64], starts: NDArray[np.int64], places: Places, curve: tuple[Edges, Settings]
) -> None:
    """Lays the places of each interval, and writes where they begin: its four points first, which weigh nothing."""
    edges, settings = curve
    into, plus, _ = unit_scales(settings)
    at, weights = places
    count = 0
    for n in range(batch.size):
        i = batch[n]
        given = _cubic(
            (
                into * np.float64(points[i - 1]) + plus,
                into * np.float64(points[i]) + plus,
                into * np.float64(points[i + 1]) + plus,
                into * np.float64(points[i + 2]) + plus,
            )
        )
        starts[n] = count
        for k in range(4):
            at[count + k] = np.float32(k - 1)
            weights[count + k] = np.float32(0.0)
        count = (
            _cornered(given, edges, places, count + 4)
            if settings[0] == CLIP
            else _laid(given, edges, places, count + 4)
        )
    starts[batch.size] = count


@compiled
def _laid(given: Cubic, edges: Edges, places: Places, count: int) -> int:
    """Lays places on a smooth curve between its edges, as if the way were straight; says how many there are."""
    begin, end = given[0], given[0] + given[1] + given[2] + given[3]
    low, high = min(begin, end), max(begin, end)
    at = 0.0
    for k in range(edges.size):
        edge = edges[k] if end > begin else edges[edges.size - 1 - k]
        if low < edge < high:
            reached = (edge - begin) / (end - begin)
            count = _piece(places, count, at, reached)
            at = reached
    return _piece(places, count, at, 1.0)


@compiled
def _cornered(given: Cubic, edges: Edges, places: Places, count: int) -> int:
    """Lays places between the corners of a clipper, some passed more than once; says how many there are."""
    one, other = _turns(given)
    at, begin = 0.0, given[0]
    for part in range(3):
        stop = one if part == 0 else other if part == 1 else 1.0
        if stop > at:
            end = _at(given, stop)
            low, high = min(begin, end), max(begin, end)
            for k in range(edges.size):
                edge = edges[k] if end > begin else edges[edges.size - 1 - k]
                if low < edge < high:
                    reached = _reached(given, edge, at, stop)
                    count = _piece(places, count, at, reached)
                    at = reached
            count = _piece(places, count, at, stop)
            at, begin = stop, end
    return count


@compiled
def _piece(places: Places, count: int, start: float, stop: float) -> int:
    """Lays four places between two; says how many there are."""
    at, weights = places
    size = stop - start
    for k in range(4):
        at[count + k] = np.float32(start + size * NODES[k])
        weights[count + k] = np.float32(size * WEIGHTS[k])
    return count + 4


@compiled
def _follow(
    points: Samples,
    batch: NDArray[np.int64],
    starts: NDArray[np.int64],
    read: tuple[Samples, Samples],
    settings: Settings,
) -> None:
    """Writes what goes into the curve at each place, in units of the curve."""
    into, plus, _ = unit_scales(settings)
    for n in range(batch.size):
        i = batch[n]
        given = _cubic(
            (np.float64(points[i - 1]), np.float64(points[i]), np.float64(points[i + 1]), np.float64(points[i + 2]))
        )
        a, b = np.float32(into * given[0] + plus), np.float32(into * given[1])
        c, d = np.float32(into * given[2]), np.float32(into * given[3])
        at, values = read[0][starts[n] : starts[n + 1]], read[1][starts[n] : starts[n + 1]]
        for k in range(at.size):
            values[k] = a + at[k] * (b + at[k] * (c + at[k] * d))


@compiled
def _spread(
    batch: NDArray[np.int64],
    starts: NDArray[np.int64],
    read: tuple[Samples, Samples, Samples],
    corrections: Samples,
    settings: Settings,
) -> None:
    """Adds to six points what the interval between the middle two of them adds to their point values."""
    share = unit_scales(settings)[2] / 36.0
    zero = np.float32(0.0)
    for n in range(batch.size):
        begin, end = starts[n], starts[n + 1]
        at, weights, values = read[0][begin:end], read[1][begin:end], read[2][begin:end]
        known = _cubic((np.float64(values[0]), np.float64(values[1]), np.float64(values[2]), np.float64(values[3])))
        a, b, c, d = np.float32(known[0]), np.float32(known[1]), np.float32(known[2]), np.float32(known[3])
        one, two, three, four = zero, zero, zero, zero
        for k in range(at.size):
            t = at[k]
            off = weights[k] * (values[k] - (a + t * (b + t * (c + t * d))))
            one += off
            two += t * off
            three += t * t * off
            four += t * t * t * off
        for j in range(6):
            of = KERNEL[j]
            corrections[batch[n] - 2 + j] += np.float32(
                share * (one * of[0] + two * of[1] + three * of[2] + four * of[3])
            )


@compiled
def _turns(cubic: Cubic) -> tuple[float, float]:
    """Where between 0 and 1 a cubic turns around, in order; 0 where it does not."""
    a, b, c = 3.0 * cubic[3], cubic[2], cubic[1]  # of a t^2 + 2 b t + c
    if abs(c) > 2.0 * abs(b) + abs(a):
        return 0.0, 0.0
    root = b * b - a * c
    if root <= 0.0:
        return 0.0, 0.0
    far = -b - np.sqrt(root) if b > 0.0 else -b + np.sqrt(root)
    one = c / far if abs(c) < abs(far) else 0.0
    other = far / a if abs(far) < abs(a) else 0.0
    return max(0.0, min(one, other)), max(0.0, one, other)


@compiled
def _reached(cubic: Cubic, value: float, low: float, high: float) -> float:
    """Where a cubic that only rises or only falls between `low` and `high` reaches a value: Newton, in brackets."""
    begin, end = _at(cubic, low), _at(cubic, high)
    sign = 1.0 if end > begin else -1.0
    t = low + (high - low) * min(1.0, max(0.0, (value - begin) / (end - begin)))
    for _ in range(8):
        off = sign * (_at(cubic, t) - value)
        if abs(off) < 1e-6:
            break
        if off > 0.0:
            high = t
        else:
            low = t
        slope = sign * (cubic[1] + t * (2.0 * cubic[2] + 3.0 * t * cubic[3]))
        ahead = t - off / slope if slope > 1e-12 else low
        t = ahead if low < ahead < high else 0.5 * (low + high)
    return t
