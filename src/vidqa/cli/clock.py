"""When this program began."""

import time

BEGUN_S = time.monotonic()
"""When there was nothing of vidqa yet but this."""
