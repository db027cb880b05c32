"""The Drawer service: curves on a canvas.

A module for a host: `register` adds the service to a server.
"""

import io

import cairo
import polycall
from curves import Curve
from symbolic_pb2 import Format, Picture
from symbolic_polycall import DrawerService

LARGEST_SIDE = 8192  # pixels
MARGIN = 48
COLOURS = ((0.12, 0.35, 0.72), (0.85, 0.33, 0.10), (0.20, 0.55, 0.25), (0.55, 0.30, 0.65))
GRID = (0.88, 0.88, 0.88)
INK = (0.25, 0.25, 0.25)


class Drawer(DrawerService):
    """Keeps the lowest and highest value of each pixel's column, so that a million samples cost no
    more memory than a thousand."""

    def draw(self, requests, context):
        canvas, curves = self._collect(requests)
        low, high = shown_range(curves)
        data = io.BytesIO()
        paint(data, canvas, curves, low, high)
        return Picture(data=data.getvalue(), lowest=low, highest=high)

    def _collect(self, requests):
        canvas, curves = None, []
        for request in requests:
            part = request.WhichOneof("part")
            if part == "canvas" and canvas is None:
                canvas = checked(request.canvas)
            elif canvas is None:
                raise refused("the first request has to carry the canvas")
            elif part == "curve":
                curves.append(Curve(request.curve.name, request.curve.points,
                                    canvas.width - 2 * MARGIN))
            elif part == "samples" and curves:
                try:
                    curves[-1].add(request.samples.first, request.samples.values)
                except ValueError as error:
                    raise refused(str(error)) from None
            else:
                raise refused(f"a request with {part or 'nothing'} where samples belong")
        if not curves:
            raise refused("there is no curve to draw")
        return canvas, curves


def refused(what):
    return polycall.StatusError(polycall.StatusCode.INVALID_ARGUMENT, what)


def checked(canvas):
    canvas.width = canvas.width or 960
    canvas.height = canvas.height or 540
    if not 3 * MARGIN <= canvas.width <= LARGEST_SIDE or not 3 * MARGIN <= canvas.height <= LARGEST_SIDE:
        raise refused(f"a canvas of {canvas.width} by {canvas.height}: each side may have "
                      f"{3 * MARGIN} to {LARGEST_SIDE} pixels")
    if not canvas.to > getattr(canvas, "from"):
        raise refused("the canvas' range is empty")
    return canvas


def shown_range(curves):
    """The values that the picture shows: all of them, but for poles, which would flatten the rest."""
    values = sorted(value for curve in curves for pair in curve.columns if pair for value in pair)
    if not values:
        raise refused("no curve has a value anywhere in the range")
    low, high = values[0], values[-1]
    inner_low, inner_high = values[len(values) // 20], values[-1 - len(values) // 20]
    reach = 4 * ((inner_high - inner_low) or 1.0)
    low, high = max(low, inner_low - reach), min(high, inner_high + reach)
    if low == high:
        low, high = low - 1, high + 1
    return low, high


def ticks(low, high, wanted):
    """Round numbers between low and high."""
    raw = (high - low) / wanted
    size = 10.0 ** len(str(int(raw))) if raw >= 1 else 1.0
    while size > raw:
        size /= 10
    step = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= raw)
    number = int(low / step) - 1
    while number * step <= high:
        if number * step >= low:
            yield number * step
        number += 1


def paint(data, canvas, curves, low, high):
    width, height = canvas.width, canvas.height
    if canvas.format == Format.FORMAT_SVG:
        surface = cairo.SVGSurface(data, width, height)
    else:
        surface = cairo.ImageSurface(cairo.FORMAT_RGB24, width, height)
    pen = cairo.Context(surface)
    pen.set_source_rgb(1, 1, 1)
    pen.paint()
    scale = (height - 2 * MARGIN) / (high - low)

    def row(value):
        return height - MARGIN - (min(max(value, low), high) - low) * scale

    paint_grid(pen, canvas, row, low, high)
    for curve, colour in zip(curves, COLOURS * (1 + len(curves) // len(COLOURS))):
        paint_curve(pen, curve, colour, row, low, high)
    paint_names(pen, canvas, curves)
    if canvas.format == Format.FORMAT_SVG:
        surface.finish()
    else:
        surface.write_to_png(data)


def paint_grid(pen, canvas, row, low, high):
    left, right = getattr(canvas, "from"), canvas.to
    scale = (canvas.width - 2 * MARGIN) / (right - left)
    pen.select_font_face("DejaVu Sans")
    pen.set_font_size(11)
    pen.set_line_width(1)
    for x in ticks(left, right, 12):
        column = MARGIN + (x - left) * scale
        line(pen, GRID if abs(x) > 1e-9 else INK, column, MARGIN, column, canvas.height - MARGIN)
        text(pen, f"{x:g}", column, canvas.height - MARGIN + 16, centred=True)
    for y in ticks(low, high, 8):
        line(pen, GRID if abs(y) > 1e-9 else INK, MARGIN, row(y), canvas.width - MARGIN, row(y))
        text(pen, f"{y:.3g}", 6, row(y) + 4)


def line(pen, colour, x0, y0, x1, y1):
    pen.set_source_rgb(*colour)
    pen.move_to(x0, y0)
    pen.line_to(x1, y1)
    pen.stroke()


def text(pen, words, x, y, centred=False):
    pen.set_source_rgb(*INK)
    if centred:
        x -= pen.text_extents(words).width / 2
    pen.move_to(x, y)
    pen.show_text(words)


def paint_curve(pen, curve, colour, row, low, high):
    """Joins the columns; lifts the pen where there is no value, and between two ends of a pole."""
    pen.set_source_rgb(*colour)
    pen.set_line_width(1.8)
    pen.set_line_join(cairo.LINE_JOIN_ROUND)
    before = None
    for column, pair in enumerate(curve.columns):
        if pair is None or pair[0] > high or pair[1] < low or pair[1] - pair[0] > high - low:
            before = None
            continue
        first, last = curve.ends[column]
        if before is None or abs(row(first) - row(before)) > abs(row(low) - row(high)) / 2:
            pen.move_to(MARGIN + column, row(first))
        else:
            pen.line_to(MARGIN + column, row(first))
        if pair != (min(first, last), max(first, last)):
            pen.line_to(MARGIN + column + 0.5, row(pair[0]))
            pen.line_to(MARGIN + column + 0.5, row(pair[1]))
        pen.line_to(MARGIN + column + 1, row(last))
        before = last
    pen.stroke()


def paint_names(pen, canvas, curves):
    pen.set_font_size(14)
    text(pen, canvas.title, canvas.width / 2, 26, centred=True)
    pen.set_font_size(12)
    at = MARGIN
    for curve, colour in zip(curves, COLOURS * (1 + len(curves) // len(COLOURS))):
        line(pen, colour, at, canvas.height - 12, at + 24, canvas.height - 12)
        name = curve.name if len(curve.name) <= 60 else curve.name[:57] + "..."
        text(pen, name, at + 30, canvas.height - 8)
        at += 60 + pen.text_extents(name).width


def register(server):
    server.add(Drawer())
