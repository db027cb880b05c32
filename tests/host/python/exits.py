import sys


def register(server):
    sys.exit("gone")
