"""The private events of outreach by the names under which the log keeps them."""

from libs.events.codec import Codec
from services.outreach.domain import activity


def codec() -> Codec:
    """All event types with their present versions."""
    return (
        Codec()
        .add("activity-planned", activity.ActivityPlanned)
        .add("activity-held", activity.ActivityHeld)
        .add("activity-reported", activity.ActivityReported)
        .add("activity-cancelled", activity.ActivityCancelled)
        .add("women-named", activity.WomenNamed)
        .add("women-struck", activity.WomenStruck)
        .add("awareness-asked", activity.AwarenessAsked)
    )
