"""list_messages.py GENERATED_DIR OUT: the Haskell module AllMessages with every generated message."""

import pathlib
import re
import sys

generated, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
modules, entries = [], []
for path in sorted(generated.rglob("*.hs")):
    module = ".".join(path.relative_to(generated).with_suffix("").parts)
    modules.append(module)
    types = re.findall(r"^instance W\.Message (\S+) where", path.read_text(encoding="utf-8"), re.M)
    entries += [f"{module}.{name}" for name in types]
lines = [
    "-- Made by list_messages.py.",
    "module AllMessages (allMessages) where",
    "",
    "import Data.Proxy (Proxy (Proxy))",
    *(f"import qualified {module}" if any(e.startswith(module + ".") for e in entries)
      else f"import {module} ()" for module in modules),
    "import Recode (Entry, entry)",
    "",
    "allMessages :: [Entry]",
    "allMessages =",
    *(f"  {'[' if i == 0 else ','} entry (Proxy :: Proxy {name})" for i, name in enumerate(entries)),
    "  ]",
]
out.parent.mkdir(parents=True, exist_ok=True)
out.write_text("\n".join(lines) + "\n", encoding="utf-8")
