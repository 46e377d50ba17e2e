"""The golden models, put together from the authors' layout."""

import golden_files
import golden_model
import pytest


@pytest.fixture(scope="session", params=golden_files.LLMS)
def golden(request: pytest.FixtureRequest) -> golden_model.Golden:
    """One decoder's golden model, its LoRA merged."""
    return golden_model.load(request.param)
