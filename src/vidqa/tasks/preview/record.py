"""The JSON record of what a model sees of a clip."""

from pathlib import Path
from typing import Any

from vidqa.tasks.preview.preview import PreviewOptions
from vidqa.tasks.preview.write_frames import Written
from vidqa.types import SCHEMA_VERSION


def frames_record(
    clip: str, written: Written, options: PreviewOptions, sheet: Path | None = None
) -> dict[str, Any]:
    """Return the JSON object, keys in their documented order.

    Args:
        clip: as it was named.
        written: what was seen, and the files of the frames, if there are any.
        options: how it was seen.
        sheet: the picture of all frames, if one was drawn.

    """
    seen = written.seen
    files: list[str | None] = [*map(str, written.files)] or [None] * len(seen.fitted.segments)
    return {
        "schema_version": SCHEMA_VERSION,
        "video": clip,
        "fingerprint": seen.fingerprint,
        "model": options.model,
        "recipe": options.recipe,
        "sample": str(seen.sampling),
        "duration_s": round(seen.info.duration_s, 3),
        "sheet": None if sheet is None else str(sheet),
        "frames": [
            {
                "time_s": round(segment.time_s, 3),
                "words": segment.text,
                **({"on_screen": segment.on_screen} if segment.on_screen else {}),
                "file": file,
            }
            for segment, file in zip(seen.fitted.segments, files, strict=True)
        ],
        "words_source": seen.words.source,
        "words_used": seen.fitted.used,
        "words_dropped": seen.fitted.dropped,
        "decoder": seen.report.decoder,
        "warnings": list(written.warnings),
    }
