import unicodedata
from pathlib import Path

import pytest

from vidqa.media.words.sidecars import look_beside, spoken_in


def found(clip: Path, language: str | None, *, strict: bool = False) -> list[str]:
    return [path.name for path in look_beside(clip, language, strict=strict).fitting]


def test_files_are_found_by_name_and_language(tmp_path: Path):
    names = (
        "clip.srt clip.VTT clip.en.srt clip.de.ass clip.pt-BR.srt clip.part2.srt clips.srt "
        "clip.ger.sdh.srt clip.en.forced.srt clip.ttml clip.default.fra.dfxp"
    )
    for name in [*names.split(), "clip.mp4", "clip.txt"]:
        (tmp_path / name).touch()
    (tmp_path / "clip.fr.srt").mkdir()
    clip = tmp_path / "clip.mp4"
    unmarked = ["clip.srt", "clip.VTT", "clip.ttml"]
    assert found(clip, None) == [
        *unmarked,
        "clip.en.srt", "clip.ger.sdh.srt", "clip.pt-BR.srt", "clip.de.ass", "clip.default.fra.dfxp",
    ]  # fmt: skip
    assert found(clip, "de") == ["clip.ger.sdh.srt", "clip.de.ass", *unmarked]
    assert found(clip, "pt") == ["clip.pt-BR.srt", *unmarked]
    assert found(clip, "fr") == ["clip.default.fra.dfxp", *unmarked]
    assert found(clip, "en", strict=True) == ["clip.en.srt"]


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("film.English.srt", "en"), ("film_en.srt", "en"), ("film.2_English.srt", "en"),
        ("film-eng.srt", "en"), ("film [German].srt", "de"), ("film (Deutsch).ass", "de"),
        ("film English (SDH).srt", "en"), ("film.mp4.srt", None), ("film.mp4.en.srt", "en"),
        ("film.Brazilian Portuguese.srt", "pt"), ("film.Chinese (Simplified).srt", "zh"),
        ("film.en-orig.vtt", "en"), ("film.en.auto.vtt", "en"), ("film.hi.srt", "hi"),
        ("film.en.hi.srt", "en"), ("film.hi.sdh.srt", "hi"), ("film_captions.srt", None),
        ("film.\u65e5\u672c\u8a9e.srt", "ja"), ("film.ES.SRT", "es"),
    ],
)  # fmt: skip
def test_names_as_people_and_programs_write_them(tmp_path: Path, name: str, language: str | None):
    clip = tmp_path / "film.mp4"
    (tmp_path / name).touch()
    assert found(clip, None) == [name]
    assert spoken_in(tmp_path / name, clip) == language


def test_what_does_not_fit_is_named_with_the_reason(tmp_path: Path):
    for name in ("film.part two.srt", "film.fr.srt", "film.en.forced.srt"):
        (tmp_path / name).touch()
    beside = look_beside(tmp_path / "film.mp4", "de")
    assert not beside.fitting
    assert {path.name: reason for path, reason in beside.others} == {
        "film.part two.srt": "nothing is known of 'part two' in its name",
        "film.fr.srt": "it is in fr, not in de",
        "film.en.forced.srt": "only signs are translated in it",
    }


def test_a_file_of_another_clip_is_left_to_it(tmp_path: Path):
    for name in ("film.mp4", "film_2.mp4", "film_2.srt", "film_2.en.srt", "film 3.srt"):
        (tmp_path / name).touch()
    assert found(tmp_path / "film.mp4", None) == ["film 3.srt"]
    assert found(tmp_path / "film_2.mp4", None) == ["film_2.srt", "film_2.en.srt"]


def test_copies_come_after_the_file_itself(tmp_path: Path):
    for name in ("film (1).srt", "film-2.srt", "film.srt", "film.vtt"):
        (tmp_path / name).touch()
    beside = found(tmp_path / "film.mp4", None)
    assert beside == ["film.srt", "film.vtt", "film (1).srt", "film-2.srt"]


def test_accents_are_one_letter_however_they_are_stored(tmp_path: Path):
    apart = unicodedata.normalize("NFD", "caf\u00e9.en.srt")
    (tmp_path / apart).touch()
    assert found(tmp_path / "caf\u00e9.mp4", None) == [apart]


def test_names_with_pattern_characters(tmp_path: Path):
    (tmp_path / "a[1]*.srt").touch()
    (tmp_path / "a1x.srt").touch()
    assert found(tmp_path / "a[1]*.mp4", None) == ["a[1]*.srt"]
