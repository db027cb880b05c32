import polycall


def register(server):
    raise polycall.PermissionDeniedError("not today", details=b"\x08\x07")
