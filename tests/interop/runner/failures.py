"""What became of a client's run that went wrong, in one line."""

from runner import processes
from runner.cells import Cell


def explain(cell: Cell, code: int, expected_code: int, said: str, server) -> str:
    """`said` is the client's last line; also tells whether the server died."""
    if code == 1 and expected_code == 0 and said:
        line = said
    else:
        line = f"the client ended with {processes.explain_exit(code)}"
        if expected_code:
            line += f", expected exit code {expected_code}"
        if said:
            line += f": {said}"
    if server is not None and server.died() is not None and cell.case.server_exit_code is None:
        line += f"; the server died: {processes.explain_exit(server.died())}"
    return line
