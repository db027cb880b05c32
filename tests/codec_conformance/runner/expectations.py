"""The cases that are known to fail: expected_failures/<language>.txt."""

import fnmatch


class Expectations:
    """One line each: a pattern of `type/kind` as fnmatch has it, then `#` and the reason."""

    def __init__(self, path):
        self._patterns = []
        self._failed = {}
        self.reasons = {}
        if not path.exists():
            return
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            pattern, mark, reason = line.partition("#")
            pattern, reason = pattern.strip(), reason.strip()
            if not mark or not reason or "/" not in pattern:
                raise ValueError(f"{path}:{number}: wanted `type/kind # reason`, got {line!r}")
            self._patterns.append(pattern)
            self.reasons[pattern] = reason

    def expects(self, group):
        """Whether the group `type/kind` may fail."""
        return any(fnmatch.fnmatchcase(group, pattern) for pattern in self._patterns)

    def stale(self, groups, failed):
        """The patterns that a complete run over `groups` shows to be needless: of what they name
        nothing is in `failed`."""
        for pattern in self._patterns:
            named = fnmatch.filter(groups, pattern)
            if named and not any(group in failed for group in named):
                yield pattern
