"""Calls the three services from Python:  caller.py TEXT COUNTER RANKER PAINTER

Each of the last three is a target. A PAINTER that begins with "inproc:" is served by this program
itself. Prints one line for each call made: callee, call, kind, transport, median time in nanoseconds
and result, with tabs between.
"""

import contextlib
import statistics
import sys
import time

import polycall
from painter import Painter
from zipf_pb2 import Line, RankRequest
from zipf_polycall import CounterClient, PainterClient, RankerClient

ROUNDS = 25
TOP_WORDS = 12


def measure(callee, name, kind, channel, call):
    """Runs `call` many times, prints its row, returns what it answered. `call` returns the text for
    the row and its answer."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter_ns()
        text, answer = call()
        times.append(time.perf_counter_ns() - start)
    print(callee, name, kind, channel.transport, int(statistics.median(times)), text, sep="\t")
    return answer


def call_counter(channel, lines):
    counter = CounterClient(channel)

    def call():
        counts = counter.count(Line(text=line) for line in lines)
        text = (f"{counts.words} words, {len(counts.counts)} different, "
                f'longest "{counts.longest_word}"')
        return text, counts

    return measure("C", "Counter.Count", "client stream", channel, call)


def call_ranker(channel, counts):
    ranker = RankerClient(channel)

    def fit():
        law = ranker.fit(counts)
        return (f"count = {law.constant:.0f} / rank^{law.exponent:.2f}, "
                f"fits {law.r_squared * 100:.0f} %", law)

    def rank():
        words = list(ranker.rank(RankRequest(counts=counts, limit=TOP_WORDS)))
        return ", ".join(f"{word.word} {word.count}" for word in words[:3]) + " ...", words

    measure("C++", "Ranker.Fit", "unary", channel, fit)
    return measure("C++", "Ranker.Rank", "server stream", channel, rank)


def call_painter(channel, words):
    painter = PainterClient(channel)

    def call():
        bars = []
        with painter.paint() as stream:
            for word in words:
                stream.send(word)
                bars.append(stream.receive().text)
            stream.half_close()
            stream.receive()
        return bars[0], bars

    return measure("Python", "Painter.Paint", "bidirectional", channel, call)


def main():
    if len(sys.argv) != 5:
        sys.exit("usage: caller.py TEXT COUNTER RANKER PAINTER")
    path, *targets = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    with contextlib.ExitStack() as stack:
        if targets[2].startswith("inproc:"):
            own = stack.enter_context(polycall.Server())
            own.add(Painter())
            own.listen(targets[2])
            own.start()
        counter, ranker, painter = (stack.enter_context(polycall.Channel(t)) for t in targets)
        words = call_ranker(ranker, call_counter(counter, lines))
        bars = call_painter(painter, words)
        for bar in bars:
            print("bar", bar, sep="\t")


if __name__ == "__main__":
    try:
        main()
    except polycall.StatusError as error:
        sys.exit(f"caller.py: {error}")
