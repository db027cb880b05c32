"""What generated code uses. Programs use `polycall` itself."""

from __future__ import annotations

from polycall import _aio_calls as aio
from polycall._calls import send_all, start_bidi, start_future
from polycall._server import unimplemented

__all__ = ["aio", "send_all", "start_bidi", "start_future", "unimplemented"]
