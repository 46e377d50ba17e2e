"""How free answers are written."""

from dataclasses import dataclass
from typing import Any

from vidqa.types.options import as_given, option, require_declared

MAX_NEW_TOKENS: dict[str, Any] = {
    "help": "The longest answer, in tokens. [default: the model's own]",
    "metavar": "N",
    "least": 1,
}
"""As `--max-new-tokens` is declared wherever answers are written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationSettings:
    """How many tokens are chosen, and how; each field is an option of commands and of Python."""

    max_new_tokens: int | None = option(None, **MAX_NEW_TOKENS)
    temperature: float = option(
        0.0, "0 gives the same answer every time; more draws.", metavar="T", least=0
    )
    top_p: float = option(
        1.0, "Draw only among the likeliest tokens of this share.", metavar="P", least=0, most=1
    )
    seed: int = option(
        0, "Random seed, used when --temperature is above 0.", metavar="N", least=0, most=2**63 - 1
    )

    def __post_init__(self) -> None:
        require_declared(self)

    @property
    def settings(self) -> dict[str, Any]:
        """All of it as it was given, for JSON."""
        return as_given(self)
