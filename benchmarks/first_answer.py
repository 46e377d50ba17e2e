"""Time from a fresh clone to the first answer: the README's own command, step by step.

    python benchmarks/first_answer.py > benchmarks/results/first-answer.json

The clone, the virtual environment and vidqa's cache are new; pip's cache is left as it is.
"""

import datetime
import json
import os
import re
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Run the command and print one JSON object."""
    block = re.search(r"<!-- ci:answer -->\n```sh\n(.*?)\n```", (ROOT / "README.md").read_text())
    assert block, "the README has no command to answer with"
    steps = block[1].split(" && ")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "clone", "-q", str(ROOT), f"{folder}/clone"], check=True)
        # each step says when it is done; one shell, because the steps share an environment
        script = " && ".join(f"{step} >&2 && date +%s.%N" for step in steps)
        started = time.time()
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=f"{folder}/clone",
            env={**os.environ, "VIDQA_CACHE_DIR": f"{folder}/cache"},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    ends = [float(line) for line in done.stdout.split()]
    seconds = [end - begin for begin, end in zip([started, *ends], ends, strict=False)]
    print(
        json.dumps(
            {
                "command": "python benchmarks/first_answer.py",
                "date": datetime.date.today().isoformat(),
                "cores": os.cpu_count(),
                "seconds": {s: round(t, 1) for s, t in zip(steps, seconds, strict=True)},
                "total_s": round(ends[-1] - started, 1),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
