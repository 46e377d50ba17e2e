"""How rightly speakers are told apart, and how many there are.

    python benchmarks/speakers.py > benchmarks/results/speakers-cpu.json

Dialogues are made by chance from a seed with `flite` (a Debian package): six voices, of which two
are others played slower or faster, say sentences in turn, with pauses of 0.15 to 0.7 s, over little
noise or more. One to four of them speak in a dialogue, and how many is not told. The error is the
share of speech that is given to the wrong speaker, with the best match of speakers, 0.25 s around
each change left out. The right words are those that `transcribe --speakers` gives to whoever says
them, by their times. Intervals of 95 % resample dialogues. Settings were chosen on other dialogues
of the same voices.
"""

import argparse
import datetime
import json
import os
import platform
import random
import subprocess
import tempfile
import time
import wave
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from vidqa.engine.speech import StoredVoices
from vidqa.media.speech.audio import SAMPLE_RATE, AudioBlock
from vidqa.media.speech.turns import TurnFinder, Turns
from vidqa.media.words.request import WordRequest
from vidqa.models.store.store import Store
from vidqa.tasks.transcribe.transcriber import Transcriber

VOICES = (("slt", 1.0), ("rms", 1.0), ("awb", 1.0), ("kal16", 1.0), ("slt", 0.84), ("rms", 1.17))
"""Names of flite's voices, and how fast their sound is played."""
DIALOGUES = 6
"""With each number of speakers."""
NOISE = (0.002, 0.01)
COLLAR_S, STEP_S = 0.25, 0.05
DRAWS = 4000

SENTENCES = (
    "I walked along the river this morning and the water was very high.",
    "Did you see the old bridge near the mill?",
    "Yes, it has been closed since Tuesday.",
    "My sister said that they want to build a new one.",
    "That will cost a lot of money, and nobody wants to pay for it.",
    "Well, we could ask the people in the village.",
    "I do not think so.",
    "The meeting is on Friday evening at seven o'clock in the town hall.",
    "Perhaps we should bring some pictures of the bridge.",
    "Good idea.",
    "How many people came last time?",
    "About forty, I believe, and most of them were angry.",
    "Let me tell you what happened after the meeting.",
    "Somebody found a letter from the year eighteen ninety two.",
    "It was written by the man who built the bridge.",
    "What did he write?",
    "He wrote that it should stand for a hundred years.",
    "So it is time for a new one, is it not?",
    "We will see what the council says.",
    "Until then we have to take the long way around.",
)

Sound = NDArray[np.float32]


@dataclass(frozen=True)
class Said:
    """A sentence of a dialogue."""

    start_s: float
    end_s: float
    voice: int


def main() -> None:
    """Make the dialogues, listen to them, print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        heard = [
            listened(Path(folder), speakers, number)
            for speakers in range(1, 5)
            for number in range(DIALOGUES)
        ]
    print(
        json.dumps(
            {
                "command": "python benchmarks/speakers.py",
                "date": datetime.date.today().isoformat(),
                "machine": f"{platform.machine()}, {os.cpu_count()} cores",
                **figures(heard),
            },
            indent=1,
        )
    )


def listened(folder: Path, speakers: int, number: int) -> dict[str, Any]:
    """Make one dialogue, and compare who speaks with who is heard."""
    sound, said = dialogue(folder, speakers, random.Random(f"{speakers} {number}"))
    begun = time.monotonic()
    finder = TurnFinder(StoredVoices(Store()).load())
    finder.add(AudioBlock(0.0, np.round(sound * 32767).astype(np.int16)))
    turns = finder.turns()
    seconds = time.monotonic() - begun
    return {
        "speakers": speakers,
        "found": turns.count,
        "lasts_s": len(sound) / SAMPLE_RATE,
        "seconds": seconds,
        **error(turns, said),
        **words(folder, sound, said),
    }


def dialogue(folder: Path, speakers: int, chance: random.Random) -> tuple[Sound, list[Said]]:
    """Let voices speak in turn."""
    cast = chance.sample(range(len(VOICES)), speakers)
    parts, said, now_s, voice = list[Sound](), list[Said](), 0.0, cast[0]
    for number in range(6 + 4 * speakers):
        if number < speakers:
            voice = cast[number]
        elif chance.random() < 0.75:
            voice = chance.choice([one for one in cast if one != voice] or cast)
        spoken = speak(folder, voice, chance.choice(SENTENCES))
        pause = np.zeros(round(chance.uniform(0.15, 0.7) * SAMPLE_RATE), np.float32)
        lasts_s = len(spoken) / SAMPLE_RATE
        said.append(Said(now_s, now_s + lasts_s, voice))
        now_s += lasts_s + len(pause) / SAMPLE_RATE
        parts += [spoken, pause]
    sound = np.concatenate(parts)
    noise = np.random.default_rng(chance.randrange(1 << 30)).normal(size=len(sound))
    return np.clip(sound + chance.choice(NOISE) * noise, -1, 1).astype(np.float32), said


def speak(folder: Path, voice: int, text: str) -> Sound:
    """Let flite say a sentence, at 16 kHz."""
    name, speed = VOICES[voice]
    file = folder / "said.wav"
    subprocess.run(["flite", "-voice", name, "-t", text, "-o", str(file)], check=True)
    with wave.open(str(file)) as opened:
        rate = opened.getframerate() * speed
        samples = np.frombuffer(opened.readframes(opened.getnframes()), np.int16)
    count = int(len(samples) * SAMPLE_RATE / rate)
    at = np.arange(count) * rate / SAMPLE_RATE
    return np.interp(at, np.arange(len(samples)), samples / 32768).astype(np.float32)


def error(turns: Turns, said: Sequence[Said]) -> dict[str, float]:
    """Return the seconds of speech, and of those that are given to the wrong speaker."""
    times_s = np.arange(0, said[-1].end_s, STEP_S)
    voices = sorted({one.voice for one in said})
    true, clear = np.full(len(times_s), -1), np.ones(len(times_s), bool)
    for one in said:
        true[(times_s >= one.start_s) & (times_s < one.end_s)] = voices.index(one.voice)
        for edge_s in (one.start_s, one.end_s):
            clear &= np.abs(times_s - edge_s) >= COLLAR_S
    heard = np.array([(turns.speaker_at(time_s) or 0) - 1 for time_s in times_s])
    counted = (true >= 0) & clear
    matches = np.zeros((len(voices), max(1, turns.count)))
    for voice, speaker in zip(true[counted], heard[counted], strict=True):
        matches[voice, speaker] += 1
    rows, columns = linear_sum_assignment(-matches)
    wrong = counted.sum() - matches[rows, columns].sum()
    return {"speech_s": float(counted.sum() * STEP_S), "wrong_s": float(wrong * STEP_S)}


def words(folder: Path, sound: Sound, said: Sequence[Said]) -> dict[str, int]:
    """Count the words that are transcribed, and those given to the right speaker."""
    file = folder / "dialogue.wav"
    with wave.open(str(file), "wb") as opened:
        opened.setnchannels(1)
        opened.setsampwidth(2)
        opened.setframerate(SAMPLE_RATE)
        opened.writeframes(np.round(sound * 32767).astype(np.int16).tobytes())
    request = WordRequest("speech", word_times=True, speakers=True)
    transcriber = Transcriber(request, speech="whisper-tiny.en", device="cpu")
    cues = transcriber.word_finder.words(file, request).cues
    voices = sorted({one.voice for one in said})
    matches = np.zeros((len(voices), max((cue.speaker or 1 for cue in cues), default=1)))
    for cue in cues:
        for word in cue.words:
            middle_s = (word.start_s + word.end_s) / 2
            true = min(said, key=lambda one: max(one.start_s - middle_s, middle_s - one.end_s))
            matches[voices.index(true.voice), (cue.speaker or 1) - 1] += 1
    rows, columns = linear_sum_assignment(-matches)
    return {"words": int(matches.sum()), "right_words": int(matches[rows, columns].sum())}


def figures(heard: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Sum up, in percent with intervals."""
    counts = {
        str(speakers): [one["found"] for one in heard if one["speakers"] == speakers]
        for speakers in range(1, 5)
    }
    right = [[one["found"] == one["speakers"]] for one in heard]
    return {
        "dialogues": len(heard),
        "error_percent": percent([(one["wrong_s"], one["speech_s"]) for one in heard]),
        "right_words_percent": percent([(one["right_words"], one["words"]) for one in heard]),
        "right_number_percent": percent([(float(one[0]), 1.0) for one in right]),
        "found, by true number": counts,
        "seconds_a_minute": round(
            60 * sum(one["seconds"] for one in heard) / sum(one["lasts_s"] for one in heard), 2
        ),
    }


def percent(pairs: Sequence[tuple[float, float]]) -> dict[str, float]:
    """Return a ratio of sums in percent, with its interval over dialogues."""
    drawn = np.random.default_rng(0).integers(len(pairs), size=(DRAWS, len(pairs)))
    part, whole = np.array(pairs).T
    low, high = np.percentile(100 * part[drawn].sum(1) / whole[drawn].sum(1), (2.5, 97.5))
    mean = 100 * part.sum() / whole.sum()
    return {"mean": round(mean, 1), "low": round(low, 1), "high": round(high, 1)}


if __name__ == "__main__":
    main()
