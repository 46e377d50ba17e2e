"""How a model is loaded."""

from dataclasses import dataclass
from typing import Any

from vidqa.types.options import later_ones, option, require_declared


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadSettings:
    """Where a model computes, and with what; each field is an option of commands and of Python."""

    device: str = option(
        "auto",
        "Where to compute. [default: as set, else auto]",
        metavar="auto|cpu|cuda[:N]|mps",
        setting="device",
    )
    dtype: str = option(
        "auto",
        "The number format; int8 and int4 store the decoder so (on a GPU: with "
        "vidqa[quantize]); float32+int8 and bfloat16+int8 read in the one and write answers in the "
        "other; auto takes float32+int8 where it is faster. [default: as set, else auto]",
        metavar="auto|float32|bfloat16|float16|int8|int4|float32+int8",
        setting="dtype",
    )
    kv_cache: str = option(
        "full",
        "How keys and values of long clips are held: fp8 in 8 bits, int4 in 4 (with "
        "vidqa[quantize]); slower, and nothing read is kept on disk.",
        metavar="full|fp8|int4",
        choices=("full", "fp8", "int4"),
        is_later=True,
    )
    fit: bool = option(
        False,
        "Where memory is short, look at fewer frames or take a smaller number format instead of "
        "refusing; the answer says so.",
    )
    speech: str | None = option(
        None,
        "The model that listens; see `models list`. [default: the model's own]",
        metavar="NAME",
        setting="speech",
    )
    keep: bool = option(
        True,
        "Keep nothing of the clips on disk, and use nothing kept.",
        names=("--no-cache",),
        negates=True,
    )

    def __post_init__(self) -> None:
        require_declared(self)

    @property
    def settings(self) -> dict[str, Any]:
        """All of it that can change an answer, as it was given, for JSON."""
        return {"speech": self.speech, "fit": self.fit, **later_ones(self)}
