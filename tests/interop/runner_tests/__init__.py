"""The runner's own tests. Run: /usr/bin/python3 -m unittest discover -s tests/interop -t
tests/interop"""
