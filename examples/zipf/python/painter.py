"""The Painter service: a bar for each word.

painter.py TARGET...
    Prints "listening ADDRESS" for each target, then serves until its standard input ends.
"""

import sys

import polycall
from zipf_pb2 import Bar
from zipf_polycall import PainterService

WIDTH = 24  # of the longest bar, in characters
EIGHTHS = " ▏▎▍▌▋▊▉"


class Painter(PainterService):
    """Paints the first word of a stream as the longest bar, and the others in proportion to it."""

    def paint(self, requests, context):
        longest = 0
        for word in requests:
            longest = max(longest, word.count)
            eighths = round(WIDTH * 8 * word.count / longest) if longest else 0
            bar = "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()
            yield Bar(text=f"{word.rank:>2} {word.word:<10} {bar} {word.count}")


def main():
    with polycall.Server(name="painter") as server:
        server.add(Painter())
        for target in sys.argv[1:]:
            print("listening", server.listen(target))
        server.start()
        sys.stdout.flush()
        sys.stdin.read()
        server.shutdown(grace=1)


if __name__ == "__main__":
    main()
