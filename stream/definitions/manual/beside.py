"""What several steps of journeys have, and the form of their examples."""

from typing import Final

from stream.definitions.manual.entries import Entry, Example

NAME: Final = Entry("name", "What `goto` and `migrate` call this step.", "name", without="it has no name")
IF_NONE: Final = Entry(
    "if_none",
    "End the run where one of these events comes meanwhile. Each is a name, or a map with fields.",
    "listed",
    "an event",
    without="none",
)
AT: Final = Entry(
    "at",
    "Wait for the user's best time first: `best_time within 24h`. Of the moments until then it is the local hour of the"
    " week in which they open and click most; as long as they did so seldom, that of everyone counts beside theirs.",
    "best",
    without="at once",
)
WITH: Final = Entry(
    "with",
    "More of the payload: expressions by name, `run.NAME` among them; they go over those of the action.",
    "payload",
    without="nothing",
)
END: Final = Entry("end", "End the run, with a reason in words.", "text")
GOTO: Final = Entry("goto", "Go on with the step of that name.", "name")
AT_MOST: Final = Entry("at_most", "Of a `goto`, needed there: so often in a run, up to 100.", "whole")


def journey(name: str, steps: str, scenarios: str, traits: str = "") -> Example:
    """Return an example of a journey that starts when a feature is used."""
    files = {"traits.yaml": traits} if traits else {}
    text = f"enter: {{event: feature_used}}\nsteps:\n{steps}"
    return Example({**files, f"journeys/{name}.yaml": text, f"journeys/{name}.test.yaml": scenarios})
