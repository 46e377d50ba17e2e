"""Keep libraries from writing to the terminal and from using the network."""

import logging
import os
import warnings


def silence_libraries() -> None:
    """Turn off the progress bars, notes and warnings of libraries, before they are imported."""
    os.environ["TQDM_DISABLE"] = "1"
    os.environ["TRANSFORMERS_VERBOSITY"] = "error"
    warnings.filterwarnings("ignore")
    os.environ["HF_HUB_VERBOSITY"] = "error"  # it reports each retry
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)  # it reports each cast, each time


def keep_libraries_off_the_network() -> None:
    """Switch the Hub's client to offline mode, before it is imported."""
    os.environ["HF_HUB_OFFLINE"] = "1"
