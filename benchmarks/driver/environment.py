"""Where the figures come from."""

import datetime
import os
import pathlib
import platform
import re
import subprocess

from processes import BenchError, run_json


def _output(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _cpu():
    text = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    found = re.search(r"^model name\s*:\s*(.*)$", text, re.MULTILINE)
    return found.group(1) if found else platform.machine()


def describe(sources, programs, quick):
    """The environment as a dict for environment.json."""
    sources = str(sources)
    builds = {path.name: run_json([str(path), "info"], 20) for path in programs}
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20,
        "kernel": platform.release(),
        "virtual_machine": "hypervisor" in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8"),
        "load_average": os.getloadavg()[0],
        "compiler": next(iter(builds.values()))["compiler"] if builds else None,
        "build_type": next(iter(builds.values()))["build_type"] if builds else None,
        "libc": " ".join(platform.libc_ver()),
        "protobuf": _output("pkg-config", "--modversion", "protobuf"),
        "grpc": _output("pkg-config", "--modversion", "grpc++"),
        "python": platform.python_version(),
        "revision": _output("git", "-C", sources, "rev-parse", "HEAD"),
        "changed_files": bool(_output("git", "-C", sources, "status", "--porcelain", "-uno")),
        "quick": quick,
        "programs": builds,
    }


def refuse_debug_builds(environment):
    """Raises BenchError unless every program was built optimised and without asserts."""
    for name, build in environment["programs"].items():
        if build["asserts"] or not build["optimised"] or build["build_type"] == "Debug":
            raise BenchError(
                f"{name} is a debug build (build type {build['build_type']}): its figures would "
                "mislead. Configure with -DCMAKE_BUILD_TYPE=Release."
            )


def lines(environment):
    """The environment for people."""
    revision = (environment["revision"] or "unknown")[:12]
    changed = " with changed files" if environment["changed_files"] else ""
    virtual = ", virtual" if environment["virtual_machine"] else ""
    yield f"{environment['cpu']}, {environment['cores']} cores{virtual}, Linux {environment['kernel']}"
    yield (
        f"GCC {environment['compiler']}, {environment['build_type']}, {environment['libc']}, protobuf "
        f"{environment['protobuf']}, gRPC {environment['grpc']}, Python {environment['python']}"
    )
    yield f"revision {revision}{changed}, load average {environment['load_average']:.2f}"
    if environment["load_average"] > 0.7:
        yield "warning: something else is running here; p99 and `cross` will suffer from it"
