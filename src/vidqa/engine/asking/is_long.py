"""Which clips are asked through their windows."""

from vidqa.engine.summaries.piecewise import SECONDS_A_FRAME
from vidqa.engine.watched_clip import WatchedClip
from vidqa.media.sampling.select import stretch
from vidqa.types.wording import count_words


def is_long(clip: WatchedClip) -> bool:
    """Return whether a clip is too long to be answered from frames of all of it.

    That is where a frame would stand for more than ten seconds; of sound alone, where its words
    are more than are shown to the model. The recipe `paper` looks at every clip in its own way.
    """
    if clip.recipe.window is not None or clip.info.kind == "picture":
        return False
    if clip.info.kind == "sound":
        return sum(count_words(cue.text) for cue in clip.words.cues) > clip.recipe.max_words
    begin_s, end_s = stretch(clip.info, clip.viewing.start_s, clip.viewing.end_s)
    return end_s - begin_s > clip.model.most_frames(clip.viewing) * SECONDS_A_FRAME
