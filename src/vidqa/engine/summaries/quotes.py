"""Quote a clip's words in a summary, for models that do not summarize them."""

from collections.abc import Sequence

from vidqa.engine.summaries.central import most_central, spoken_sentences
from vidqa.engine.summaries.windows import Window, said_in, shown_in
from vidqa.models.summary_form import Quotes
from vidqa.types import ON_SCREEN_JOIN, Cue
from vidqa.types.wording import split_words


def quoted_words(
    cues: Sequence[Cue], quotes: Quotes, windows: Sequence[Window | None]
) -> dict[Window | None, str]:
    """Quote the most central sentences, by window; None is the whole clip."""
    statements = dict[Window | None, list[str]]()
    within = {
        window: spoken_sentences(cues if window is None else said_in(window, cues))
        for window in windows
    }
    spoken = [one for some in within.values() for one in some]
    for one in most_central(spoken, max(quotes.most, len(windows))):
        window = next(window for window, some in within.items() if one in some)
        statements.setdefault(window, []).append(one.text)
    return {
        window: quotes.form.format(said=" ".join(texts).replace('"', "'"))
        for window, texts in statements.items()
    }


def quoted_text(
    cues: Sequence[Cue], quotes: Quotes, windows: Sequence[Window | None]
) -> dict[Window | None, str]:
    """Quote what stands in the pictures, by window, each text once; None is the whole clip."""
    texts = dict[Window | None, str]()
    for window in windows:
        some = dict.fromkeys(
            cue.text for cue in (cues if window is None else shown_in(window, cues))
        )
        every = split_words(ON_SCREEN_JOIN.join(some))
        end = "…" if len(every) > quotes.most_read else ""
        if every:
            text = "".join(every[: quotes.most_read]).strip().replace('"', "'") + end
            texts[window] = quotes.read_form.format(read=text)
    return texts
