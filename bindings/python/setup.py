"""Builds the wheel: drives the project's CMake, then packs the package with libpolycall.so in it.

Everything that a build leaves goes under build/pip at the top of the checkout, which also makes the
next build a matter of seconds.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import sysconfig

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WORK = ROOT / "build" / "pip"


def version():
    """The library's version, from its header."""
    header = ROOT / "runtime" / "include" / "polycall" / "polycall.h"
    if not header.exists():
        sys.exit(
            f"setup.py: {header} is missing. The package is built from a whole checkout of PolyCall: "
            "run `pip install ./bindings/python` there, or install a wheel that was built there."
        )
    found = re.findall(r"#define POLYCALL_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)", header.read_text())
    return ".".join(found)


def pybind11_arguments():
    """Where a pybind11 from PyPI keeps its CMake files; Debian's is found without help."""
    try:
        import pybind11

        return [f"-Dpybind11_DIR={pybind11.get_cmake_dir()}"]
    except (ImportError, AttributeError):
        return []


class CMakeBuild(build_ext):
    """Builds the target polycall_python and copies the whole package into the build folder."""

    def run(self):
        for tool in ("cmake", "protoc"):
            if shutil.which(tool) is None:
                sys.exit(f"setup.py: {tool} is missing; on Debian: script/bootstrap installs it")
        # One CMake cache for each interpreter: a cache remembers its headers.
        build = WORK / ("cmake-" + sysconfig.get_config_var("SOABI"))
        generator = ["-G", "Ninja"] if shutil.which("ninja") else []
        subprocess.check_call(
            ["cmake", "-S", str(ROOT), "-B", str(build), *generator]
            + [
                "-DCMAKE_BUILD_TYPE=Release",
                f"-DPython3_EXECUTABLE={sys.executable}",
                "-DPOLYCALL_BUILD_PYTHON=ON",
                "-DPOLYCALL_BUILD_JAVA=OFF",
                "-DPOLYCALL_BUILD_HASKELL=OFF",
                "-DPOLYCALL_PYTHON_WHEEL=ON",
                "-DPOLYCALL_BUILD_CODEGEN=OFF",
                "-DPOLYCALL_BUILD_TOOLS=OFF",
                "-DPOLYCALL_BUILD_EXAMPLES=OFF",
                "-DPOLYCALL_BUILD_TESTS=OFF",
                "-DPOLYCALL_BUILD_BENCHMARKS=OFF",
            ]
            + pybind11_arguments()
        )
        jobs = str(os.cpu_count() or 1)
        subprocess.check_call(
            ["cmake", "--build", str(build), "--target", "polycall_python", "-j", jobs]
        )
        target = pathlib.Path(self.build_lib) / "polycall"
        if self.inplace:
            sys.exit(
                "setup.py: an editable install is not supported; build the CMake target "
                "polycall_python and put <build>/python on PYTHONPATH"
            )
        shutil.copytree(
            build / "python" / "polycall",
            target,
            dirs_exist_ok=True,
            ignore=shutil.ignore_patterns("__pycache__"),
        )

    def get_outputs(self):
        return [str(path) for path in (pathlib.Path(self.build_lib) / "polycall").rglob("*.so*")]


(WORK / "egg").mkdir(parents=True, exist_ok=True)
os.chdir(HERE)
setup(
    version=version(),
    # There to make the wheel one of a platform; CMakeBuild knows the sources.
    ext_modules=[Extension("polycall._polycall", [])],
    cmdclass={"build_ext": CMakeBuild},
    options={
        "build": {"build_base": str(WORK / "build")},
        "egg_info": {"egg_base": str(WORK / "egg")},
        "bdist_wheel": {"bdist_dir": str(WORK / "wheel")},
    },
)
