"""The command line: parse, call the library, show. The only place that prints and exits."""

import time

BEGUN_S = time.monotonic()
"""When there was nothing of the program yet but this."""
