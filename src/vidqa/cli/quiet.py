"""Keep libraries from talking to the terminal, and to the network."""

import logging
import os
import warnings


def silence_libraries() -> None:
    """Turn off the bars, notes and warnings of the libraries under the model, before they load."""
    os.environ["TQDM_DISABLE"] = "1"
    os.environ["TRANSFORMERS_VERBOSITY"] = "error"
    warnings.filterwarnings("ignore")
    os.environ["HF_HUB_VERBOSITY"] = "error"  # it says each of its retries
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)  # it says each cast, each time


def keep_libraries_off_the_network() -> None:
    """Tell the Hub's client, before it is imported, that there is nothing to fetch."""
    os.environ["HF_HUB_OFFLINE"] = "1"
