"""The interop runner: see ../README.md."""
