"""Words, colours and thresholds that every dashboard shares: a state is a word and a shape first, a colour second."""

from __future__ import annotations

RED, ORANGE, YELLOW, GREEN, GREY, BLUE = "red", "orange", "yellow", "green", "#8e8e8e", "blue"

# metrics.md §5. The shape says the same as the colour, for those who cannot tell colours apart.
ZONES = {
    "over": ("▲ over", RED),
    "full": ("◆ full", ORANGE),
    "near": ("● near", YELLOW),
    "clear": ("○ clear", GREEN),
    "none": ("– no budget", GREY),
}

# One colour per function, whatever is shown of it.
FUNCTIONS = {
    "sales": ("sales", "blue"),
    "marketing": ("marketing", "orange"),
    "medical": ("medical", "green"),
    "access": ("market access", "purple"),
    "patient_services": ("patient services", "yellow"),
    "several": ("several functions", "red"),
}

CHANNELS = {
    "face_to_face": "visit",
    "phone": "phone",
    "video": "video",
    "chat": "chat",
    "email": "e-mail",
    "congress": "congress invitation",
}

BANDS = {
    "none": "1 none: below 0.05",
    "light": "2 light: below 0.5",
    "moderate": "3 moderate: below 1",
    "heavy": "4 heavy: below 2",
    "very_heavy": "5 very heavy: 2 and more",
}

SEVERITIES = {"critical": ("▲ critical", RED), "warning": ("◆ warning", ORANGE), "info": ("○ info", BLUE)}

ALERT_STATES = {
    "firing": ("▲ firing", RED),
    "pending": ("● pending", YELLOW),
    "acknowledged": ("○ accepted", BLUE),
    "resolved": ("– over", GREY),
}

# Statuses that make a touch (metrics.md §1).
TOUCHES = (
    "'completed', 'sent', 'delivered', 'opened', 'clicked', 'marked_spam', 'unsubscribed', "
    "'invited', 'declined', 'accepted', 'no_show', 'attended'"
)


def words(states: dict) -> list:
    """A value mapping that shows each state as its word and colour."""
    options = {}
    for index, (value, (text, color)) in enumerate(states.items()):
        options[value] = {"color": color, "index": index, "text": text}
    return [{"options": options, "type": "value"}]


def spans(*steps: tuple) -> list:
    """A value mapping of ranges: (from, to, word, colour) each; None is open."""
    shown = []
    for index, (low, high, text, color) in enumerate(steps):
        result = {"color": color, "index": index, "text": text}
        shown.append({"options": {"from": low, "result": result, "to": high}, "type": "range"})
    return shown


def steps(base: str, *borders: tuple) -> dict:
    """Thresholds: the colour below the first border, then (border, colour) each."""
    levels = [{"color": base, "value": None}]
    levels += [{"color": color, "value": border} for border, color in borders]
    return {"mode": "absolute", "steps": levels}


PLAIN = steps("text")
