"""Puts what the symbolic example's services are made of into one folder:  stage.py BUILD FOLDER

FOLDER gets the layout that the manifests of this folder name, /opt/polycall/symbolic, and
FOLDER/manifests the manifests of those services that BUILD has, with FOLDER in the place of that
name. So they run from anywhere:

    polycall up FOLDER/manifests --polycalld=--share=FOLDER --polycalld=--share=BUILD
"""

import pathlib
import shutil
import sys

HERE = pathlib.Path(__file__).resolve().parent
EXAMPLE = HERE.parent.parent / "examples" / "symbolic"
INSTALLED = "/opt/polycall/symbolic"


def copy(source, target):
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        shutil.copy2(source, target)


def stage(build, folder):
    """Returns the names of the services that were there."""
    made = build / "examples" / "symbolic"
    python = EXAMPLE / "python"
    # Each service's files, the first of which the build may not have.
    parts = {
        # The binding's library, too: the module was linked with the build's.
        "parser": [made / "parser.so", *(build / "haskell" / "dist" / "build").glob("libHSpolycall-*.so")],
        "deriver": [made / "lisp"],
        "evaluator": [made / "evaluator.so"],
        "evaluator-cpp": [made / "evaluator-cpp"],
        "checker": [made / "checker.jar", made / "symbolic_java_proto" / "symbolic_java_proto.jar"],
        "drawer": [
            made / "symbolic_python_proto",
            build / "python",
            python / "drawer.py",
            python / "curves.py",
        ],
    }
    manifests = folder / "manifests"
    manifests.mkdir(parents=True, exist_ok=True)
    staged = []
    for name, files in parts.items():
        if not files[0].exists():
            continue
        for file in files:
            # What Python imports lies beside its modules.
            flat = file.is_dir() and name == "drawer"
            copy(file, folder if flat else folder / file.name)
        text = (HERE / f"{name}.yaml").read_text(encoding="utf-8")
        (manifests / f"{name}.yaml").write_text(
            text.replace(INSTALLED, str(folder)), encoding="utf-8"
        )
        staged.append(name)
    return staged


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    build, folder = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
    staged = stage(build, folder)
    if not staged:
        sys.exit(f"stage.py: {build} has none of the example's services; build symbolic_example")
    print("staged " + ", ".join(staged))


if __name__ == "__main__":
    main()
