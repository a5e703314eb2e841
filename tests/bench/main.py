"""How fast it is: `make bench`, or `python tests/bench/main.py [--only ROW]... [--runs N] [--quick]`.

Method. All rows are measured in one go, interleaved: a round measures each row once, and there are several rounds; the
table shows the median and the least and greatest of the rounds. A ratio is taken within each round, between neighbours
in time. Where the machine has two cores or more, the broker has one of them to itself, and whatever is measured (this
process, the worker, another engine) has another one. Other work on the machine makes every figure worse, so its
load stands beside them, and `machine_pace`: how fast a fixed piece of plain Python went in each round.

Input: Taobao's user behaviour in total order (`STREAM_DATA` or ../shared/data), all of it planned, none rejected; where
it is absent, a generated stream of skewed users of the same shape, and the output says so. On Kafka the file is played
several times over by `stream play`, each copy with users of its own, at the same event times.

Rows:
  decode       `Codec.decode` of the events as Kafka values.
  core         The decider with the whole shipped config: events prebuilt, a fresh decider without profiles each run,
               of a program made before, as a worker's tasks share one (the first round still makes what its events
               do); the clock moved and outcomes taken every 2,000 events, as `stream replay` does. Per second of CPU
               time too, which other work on the machine disturbs less.
  stages       Where the core's time goes, in microseconds an event, from samples of its stack: `updates` takes events
               into the cart and the traits, `conditions` finds out which memberships change, `timers` is what time
               alone leads to, `outcomes` makes changes and runs journeys, `frame` is all the rest.
  segments     A config of 300 segments, of which an event touches 10, and one of just the segments that the input
               touches: how many times slower the larger one is.
  bytes        Bytes to bytes, without Kafka: decode, decide, and every 2,000 events encode the changed profiles and
               the outcomes. Also gives its three stages in microseconds an event.
  replay       `stream replay` as a whole: read the file, sort, decide, write the outcomes.
  growth       CPU time of an event, by the whole config, over generated users of whom few do most (Zipf): with 1,000 to
               1,000,000 users in memory; with no timer and 1,000,000 timers of others pending; and of users without a
               cart, and with one that put them into its journey.
  weight       Bytes of a profile as the input leaves it: encoded, and decoded, as Python's allocators count them.
  store        State larger than memory (`state_dir`). A process opens a store of 1,000,000 profiles, as a worker does
               that was killed and started anew, of files that the system has forgotten. Another, with 5,000,000
               profiles on the disk, 200,000 decoded and 4 GiB of memory of its own, decides events of skewed users,
               turn by turn with one that has all of them in memory, decoded; both cut and commit a checkpoint (of a
               broker that takes no time) every 2,000 events.
  raw          The limit: aiokafka's `getmany` and `orjson.loads` of every value, from the topics the worker reads.
  faust_counter  A Faust agent as Faust's documentation has it: decode JSON, count events per user in a Table (memory).
  end_to_end   `stream worker`, a process of its own, on the event clock with the whole shipped config and default
               settings: consume, decide, and commit profiles, outcomes and position in transactions. Counted on its
               /metrics.
  delay        From an event to its trigger, as a subscriber has it that reads only what is committed: `stream worker`
               on the wall clock, with the whole shipped config and default settings. First the capacity, then events
               at half of it, a quarter and three quarters, sent at a fixed pace whatever the worker does; 50 a second
               more are orders that are thanked for at once, and those are timed.
  recovery     Profiles, as the input leaves them, read back from the changelog by all tasks at once, their timers put
               into the index: up to where a worker that was just started could decide. They stay encoded.
  small_job    One small common job: a rolling 7-day view count and the cart of each user, and an event onto one topic
               when a cart was left for 60 minutes. By `stream worker`, on the wall clock, with a config of a trait and
               a segment (tests/bench/small_job/config).
  small_job_stock_faust
  small_job_quix_streams
  small_job_bytewax
               The same job over the same topics by these, as their documentation would have it, at their defaults and
               with what it recommends for throughput. Measured twice: the rolling count by a window of theirs, in
               steps of a day, and by plain state, written by hand. Each one's output is checked beforehand, user by
               user, against a plain computation. They run in an environment of their own, build/bench-env.
Rows on Kafka are rates between 10 % and 90 % of their events, so that neither start nor end counts; of an engine that
is slow, the first events of the topics. `over_stock_faust`, `over_quix_streams`, `over_bytewax`: our small job over
theirs, in the same round. `end_to_end_over_faust_counter` compares our whole config with Faust's single counter. A row
that cannot run is in the table with the reason, and nowhere else.
"""

import argparse
import sys
from pathlib import Path

# Run as a script, only this folder is on the path.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from stream.runtime.arena import share_one_arena
from tests.bench.machine import Machine
from tests.bench.processes import MeasuredProcessError
from tests.bench.report import Report
from tests.bench.rows import ROWS, Scale, open_rows
from tests.kafka.broker import KafkaUnavailableError

OUT = Path(__file__).resolve().parents[2] / "build" / "bench.json"


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description="Measure how fast it is.")
    parser.add_argument("--only", action="append", choices=ROWS, metavar="ROW", help=f"of {', '.join(ROWS)}")
    parser.add_argument("--runs", type=int, help="rounds, 3 unless told")
    parser.add_argument("--copies", type=int, help="copies of the file on Kafka, 5 unless told")
    parser.add_argument("--quick", action="store_true", help="few events and one round: does it still work?")
    parser.add_argument("--out", type=Path, default=OUT, help="where the figures go as JSON")
    parser.add_argument("--explain", action="store_true", help="say what is measured, and how")
    return parser.parse_args(given)


def main(given: list[str] | None = None) -> int:
    asked = arguments(given)
    if asked.explain:
        print(__doc__)
        return 0
    share_one_arena()  # as a worker does
    scale = Scale.quick() if asked.quick else Scale()
    runs = asked.runs or (1 if asked.quick else 3)
    machine = Machine()
    report = Report(machine, runs)
    try:
        with open_rows(asked.only or ROWS, scale.with_copies(asked.copies), machine) as opened:
            report.facts.update(opened.facts)
            report.absent.update(opened.absent)
            for run in range(runs):
                report.begin_round()
                report.add(machine.pace())
                for name, row in opened.rows.items():
                    print(f"round {run + 1} of {runs}: {name}", file=sys.stderr, flush=True)
                    try:
                        report.add(row.measure())
                    except MeasuredProcessError as reason:
                        report.absent[name] = str(reason)
    except KafkaUnavailableError as reason:
        print(f"No Kafka to measure on: {reason}; --only core needs none.", file=sys.stderr)
        return 2
    print(report.table())
    report.write(asked.out)
    report.write_page(asked.out.with_suffix(".html"))
    print(f"written to {asked.out}, and as a page beside it", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
