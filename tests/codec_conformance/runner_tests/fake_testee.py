"""A testee that is wrong on purpose: fake_testee.py MODE PROGRAM, where PROGRAM is a right one that it
passes requests on to."""

import struct
import subprocess
import sys
import time


def read_exactly(stream, size):
    data = stream.read(size)
    return data if len(data) == size else None


def main():
    mode, program = sys.argv[1:]
    right = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    count = 0
    while True:
        head = read_exactly(sys.stdin.buffer, 4)
        if head is None:
            break
        body = read_exactly(sys.stdin.buffer, struct.unpack("<I", head)[0])
        right.stdin.write(head + body)
        right.stdin.flush()
        (size,) = struct.unpack("<I", read_exactly(right.stdout, 4))
        answer = read_exactly(right.stdout, size)
        name = body[2:2 + body[1]].decode()
        count += 1
        if name == "wire3.Leaf":
            if mode == "accepts-all":
                answer = b"\0" + (answer[1:] if answer[0] == 0 else b"")
            elif mode == "refuses-all":
                answer = b"\1no"
            elif mode == "loses-fields":
                answer = answer[:1]
            elif mode == "fails":
                answer = b"\3a bug"
            elif mode == "dies" and count % 10 == 0:
                sys.exit(7)
            elif mode == "hangs" and count % 10 == 0:
                time.sleep(60)
            elif mode == "talks-nonsense" and count % 10 == 0:
                sys.stdout.buffer.write(b"\xff" * 8)
        sys.stdout.buffer.write(struct.pack("<I", len(answer)) + answer)
        sys.stdout.buffer.flush()
    right.stdin.close()
    right.wait()
    return 5 if mode == "ends-badly" else 0


sys.exit(main())
