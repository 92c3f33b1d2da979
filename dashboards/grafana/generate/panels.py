"""Kinds of panels. Each has a title, a description and a unit; a panel without one of them is not made."""

from __future__ import annotations

from dataclasses import dataclass

import theme


@dataclass
class Panel:
    """A panel without its place."""

    body: dict
    width: int
    height: int


def _panel(kind: str, title: str, description: str, targets: list, *, size: tuple, defaults: dict, **more) -> Panel:
    if not (title and description):
        raise ValueError(f"panel {title!r} needs a title and a description")
    if kind != "text" and not defaults.get("unit"):
        raise ValueError(f"panel {title!r} needs a unit")
    asked = [{**target, "refId": chr(ord("A") + index)} for index, target in enumerate(targets)]
    overrides = more.pop("overrides", [])
    body = {
        "datasource": asked[0]["datasource"] if asked else None,
        "description": description,
        "fieldConfig": {"defaults": defaults, "overrides": overrides},
        "targets": asked,
        "title": title,
        "type": kind,
        **more,
    }
    if not asked:
        del body["datasource"], body["targets"]
    return Panel(body, *size)


def _defaults(
    unit: str, *, thresholds=None, mappings=(), decimals=None, no_value=None, custom=None, color=None, **more
) -> dict:
    found = {
        "color": color or {"mode": "thresholds"},
        "mappings": list(mappings),
        "thresholds": thresholds or theme.PLAIN,
        "unit": unit,
        **more,
    }
    if custom is not None:
        found["custom"] = custom
    if decimals is not None:
        found["decimals"] = decimals
    if no_value is not None:
        found["noValue"] = no_value
    return found


def stat(
    title: str, description: str, targets: list, *, unit: str, size=(4, 4), graph=False, show="both", **fields
) -> Panel:
    """Few numbers, large. `show` is both (name and number), name, or words (of a SQL answer)."""
    options = {
        "colorMode": "value",
        "graphMode": "area" if graph else "none",
        "justifyMode": "auto",
        "orientation": "auto",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "/.*/" if show == "words" else "", "values": False},
        "textMode": {"both": "auto", "name": "name", "words": "value"}[show],
        "wideLayout": True,
    }
    overrides = fields.pop("overrides", [])
    return _panel(
        "stat",
        title,
        description,
        targets,
        size=size,
        defaults=_defaults(unit, **fields),
        options=options,
        overrides=overrides,
    )


def timeseries(
    title: str, description: str, targets: list, *, unit: str, size=(12, 8), style="line", stack=False, **fields
) -> Panel:
    """Numbers over time. `style` is line, bars or points; a threshold is drawn where `line_at` says."""
    line_at = fields.pop("line_at", None)
    custom = {
        "axisBorderShow": False,
        "axisLabel": fields.pop("axis", ""),
        "axisPlacement": "auto",
        "barAlignment": 0,
        "drawStyle": style,
        "fillOpacity": 60 if style == "bars" else 8,
        "hideFrom": {"legend": False, "tooltip": False, "viz": False},
        "lineInterpolation": "linear",
        "lineWidth": 1 if style == "bars" else 2,
        "pointSize": 7,
        "scaleDistribution": {"type": "linear"},
        "showPoints": "always" if style == "points" else "auto",
        "spanNulls": False,
        "stacking": {"group": "A", "mode": "normal" if stack else "none"},
        "thresholdsStyle": {"mode": "dashed" if line_at is not None else "off"},
    }
    if line_at is not None:
        fields["thresholds"] = theme.steps("text", (line_at, theme.ORANGE))
    overrides = fields.pop("overrides", [])
    fields.setdefault("color", {"mode": "palette-classic"})
    options = {
        "legend": {"calcs": ["lastNotNull"], "displayMode": "table", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    defaults = _defaults(unit, custom=custom, **fields)
    return _panel(
        "timeseries", title, description, targets, size=size, defaults=defaults, options=options, overrides=overrides
    )


def table(
    title: str, description: str, targets: list, *, unit: str = "none", size=(24, 9), columns=(), transform=(), **fields
) -> Panel:
    """Rows and columns; `columns` are made by `column`."""
    custom = {"align": "auto", "cellOptions": {"type": "auto"}, "filterable": True, "inspect": False}
    options = {"cellHeight": "sm", "frameIndex": 0, "showHeader": True}
    more = {"transformations": list(transform)} if transform else {}
    defaults = _defaults(unit, custom=custom, **fields)
    return _panel(
        "table",
        title,
        description,
        targets,
        size=size,
        defaults=defaults,
        options=options,
        overrides=list(columns),
        **more,
    )


def bars(
    title: str, description: str, targets: list, *, unit: str, size=(12, 8), across: str, stack=False, **fields
) -> Panel:
    """A bar per row of a table; `across` is the column of its names."""
    custom = {
        "axisBorderShow": False,
        "axisLabel": "",
        "axisPlacement": "auto",
        "fillOpacity": 80,
        "hideFrom": {"legend": False, "tooltip": False, "viz": False},
        "lineWidth": 1,
        "scaleDistribution": {"type": "linear"},
        "thresholdsStyle": {"mode": "off"},
    }
    options = {
        "barRadius": 0,
        "barWidth": 0.8,
        "fullHighlight": False,
        "groupWidth": 0.8,
        "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": True},
        "orientation": "auto",
        "showValue": "auto",
        "stacking": "normal" if stack else "none",
        "tooltip": {"mode": "multi", "sort": "none"},
        "xField": across,
        "xTickLabelRotation": 0,
        "xTickLabelSpacing": 0,
    }
    overrides = fields.pop("overrides", [])
    transform = fields.pop("transform", [])
    more = {"transformations": transform} if transform else {}
    fields.setdefault("color", {"mode": "palette-classic"})
    defaults = _defaults(unit, custom=custom, **fields)
    return _panel(
        "barchart",
        title,
        description,
        targets,
        size=size,
        defaults=defaults,
        options=options,
        overrides=overrides,
        **more,
    )


def gauge_bars(title: str, description: str, targets: list, *, unit: str, size=(12, 8), **fields) -> Panel:
    """A horizontal bar per series."""
    options = {
        "displayMode": "basic",
        "maxVizHeight": 300,
        "minVizHeight": 16,
        "minVizWidth": 8,
        "namePlacement": "left",
        "orientation": "horizontal",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "showUnfilled": True,
        "sizing": "auto",
        "valueMode": "text",
    }
    overrides = fields.pop("overrides", [])
    fields.setdefault("color", {"fixedColor": theme.BLUE, "mode": "fixed"})
    defaults = _defaults(unit, **fields)
    return _panel(
        "bargauge", title, description, targets, size=size, defaults=defaults, options=options, overrides=overrides
    )


def lanes(title: str, description: str, targets: list, *, states: dict, size=(24, 8), **fields) -> Panel:
    """A lane per column, a mark per row, coloured and named by the word in it."""
    custom = {"fillOpacity": 80, "hideFrom": {"legend": False, "tooltip": False, "viz": False}, "lineWidth": 1}
    options = {
        "colWidth": 0.9,
        "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": True},
        "rowHeight": 0.85,
        "showValue": "never",
        "tooltip": {"mode": "single", "sort": "none"},
    }
    defaults = _defaults("string", custom=custom, mappings=theme.words(states), **fields)
    return _panel("status-history", title, description, targets, size=size, defaults=defaults, options=options)


def text(title: str, description: str, markdown: str, *, size=(6, 8)) -> Panel:
    """Words for the reader."""
    options = {
        "code": {"language": "plaintext", "showLineNumbers": False, "showMiniMap": False},
        "content": markdown,
        "mode": "markdown",
    }
    return _panel("text", title, description, [], size=size, defaults={}, options=options)


def column(name: str, title: str, **properties) -> dict:
    """How a column of a table, or a series, is shown. Keys: unit, decimals, words, spans, links, width, hidden, color, dashed."""
    shown = [{"id": "displayName", "value": title}] if title != name else []
    shown += [{"id": key, "value": properties[key]} for key in ("unit", "decimals", "min", "max") if key in properties]
    if "words" in properties:
        shown += [{"id": "mappings", "value": theme.words(properties["words"])}, _coloured()]
    if "spans" in properties:
        shown += [{"id": "mappings", "value": properties["spans"]}, _coloured()]
    if "links" in properties:
        shown.append({"id": "links", "value": properties["links"]})
    if "width" in properties:
        shown.append({"id": "custom.width", "value": properties["width"]})
    if "color" in properties:
        shown.append({"id": "color", "value": {"fixedColor": properties["color"], "mode": "fixed"}})
    if properties.get("dashed"):
        dashes = {"dash": [8, 8], "fill": "dash"}
        shown += [{"id": "custom.lineStyle", "value": dashes}, {"id": "custom.fillOpacity", "value": 0}]
    return {"matcher": {"id": "byName", "options": name}, "properties": shown}


def _coloured() -> dict:
    return {"id": "custom.cellOptions", "value": {"type": "color-text"}}


def reference(line) -> dict:
    """How a published number is drawn: grey and dashed, its source in the legend."""
    return column(line.legend, line.legend, color=theme.GREY, dashed=True)


def by_function() -> list:
    """One colour per function, whatever a series of it is called besides."""
    return [column(name, shown, color=color) for name, (shown, color) in theme.FUNCTIONS.items() if name != "several"]


def joined(on: str, names: dict, without: tuple = ()) -> list:
    """Several answers side by side by a column; `names` are their columns in the order shown."""
    hidden = {name: True for name in ("Time", "__name__", "job", "instance", *without)}
    order = {name: index for index, name in enumerate([on, *names])}
    return [
        {"id": "joinByField", "options": {"byField": on, "mode": "outer"}},
        {
            "id": "organize",
            "options": {
                "excludeByName": hidden | {f"Time {number}": True for number in range(1, len(names) + 1)},
                "indexByName": order,
                "renameByName": dict(names),
            },
        },
    ]
