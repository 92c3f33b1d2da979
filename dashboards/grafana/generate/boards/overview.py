"""Executive overview: can I trust it, who is over, who causes it, what to hold, who is untouched. In this order."""

from __future__ import annotations

import variables
from boards import overview_causes as causes
from boards import overview_standing as standing
from dashboard import Dashboard, Row, policy_changes


def dashboard(page: str) -> Dashboard:
    """The dashboard; `page` is the address of the live page."""
    return Dashboard(
        uid="touchload-overview",
        title="Touchload: executive overview",
        description="How much HCPs are interrupted, by whom, and what to hold today. Commercial audience.",
        variables=[
            variables.datasource(),
            variables.job(),
            variables.territory_of_metrics(),
            variables.function(),
            variables.window("7d", "28d"),
            variables.page(page),
        ],
        rows=[
            Row("Can I trust what I see now?", standing.trust()),
            Row("How many are over budget, against last week, four weeks ago and other territories?", standing.over()),
            Row("Which function pairs and territories cause it?", causes.causes()),
            Row("What should be held today?", causes.hold()),
            Row("Who is untouched?", causes.untouched()),
            Row("How busy, and do the touches add up?", standing.adding_up()),
        ],
        time_from="now-28d",
        refresh="5m",
        annotations=[policy_changes()],
    )
