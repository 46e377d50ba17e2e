"""The user's settings: who wins, what is refused, and what is written."""

from pathlib import Path

import pytest

from vidqa.cli.app import run
from vidqa.cli.model_choice import settled
from vidqa.errors import UsageError
from vidqa.system import paths
from vidqa.system.config import SETTINGS, setting, write_setting


@pytest.fixture(autouse=True)
def file() -> Path:
    file = paths.config_file()
    file.parent.mkdir(parents=True)
    return file


@pytest.mark.parametrize("name", SETTINGS)
def test_an_option_wins_then_the_environment_then_the_file(
    name: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (setting(name).value, setting(name).source) == (None, "default")
    assert settled(name, None, "auto") == "auto"
    file.write_text(f'{name} = "from the file"\n')
    assert (setting(name).source, setting(name).where) == ("file", str(file))
    assert settled(name, None, "auto") == "from the file"
    monkeypatch.setenv(f"VIDQA_{name.upper()}", "from there")
    assert (setting(name).source, setting(name).where) == ("environment", f"VIDQA_{name.upper()}")
    assert settled(name, None, "auto") == "from there"
    assert settled(name, "named", "auto") == "named"
    monkeypatch.setenv(f"VIDQA_{name.upper()}", "")
    assert setting(name).source == "file", "an empty variable sets nothing"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_file_is_read_as_editors_save_it(file: Path, encoding: str) -> None:
    file.write_bytes('model = "é"\r\n'.encode(encoding))
    assert setting("model").value == "é"


def test_without_a_home_only_what_needs_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(_: int) -> None:
        raise KeyError

    for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "VIDQA_CONFIG_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", nobody)
    monkeypatch.setenv("VIDQA_CACHE_DIR", "/somewhere")
    assert paths.cache_dir() == Path("/somewhere")
    assert setting("model").source == "default"
    monkeypatch.delenv("VIDQA_CACHE_DIR")
    with pytest.raises(UsageError, match="no home directory") as caught:
        paths.cache_dir()
    assert caught.value.hint == "set VIDQA_CACHE_DIR to a folder that can be written"


@pytest.mark.parametrize(
    ("text", "said"),
    [("model = ", "cannot be read"), ("modle = 'x'", "not a setting"), ("model = 3", "not text")],
)
def test_a_file_that_makes_no_sense_is_refused(file: Path, text: str, said: str) -> None:
    file.write_text(text)
    with pytest.raises(UsageError, match=said) as caught:
        setting("model")
    assert str(file) in caught.value.message


@pytest.mark.parametrize("value", ["a", 'qu"ote', "back\\slash", "new\nline", "Ünï", "\x7f", "😀"])
def test_what_is_written_is_read_again(value: str, file: Path) -> None:
    write_setting("device", "cpu")
    assert write_setting("model", value) == file
    assert setting("model").value == value
    write_setting("model", None)
    assert (setting("model").value, setting("device").value) == (None, "cpu")
    assert list(file.parent.iterdir()) == [file]


def test_the_command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(["config", "set", "model", "starter"]) == 0
    assert run(["config", "set", "dtype", "float32"]) == 0
    assert run(["config", "unset", "dtype"]) == 0
    monkeypatch.setenv("VIDQA_DEVICE", "cpu")
    capsys.readouterr()
    assert run(["config"]) == 0
    titles, *lines = capsys.readouterr().out.splitlines()
    assert titles == "setting\tvalue\twhere from"
    assert lines[0] == f"model\tstarter\tfile {paths.config_file()}"
    assert lines[1:4] == [
        "speech\t-\tdefault",
        "device\tcpu\tenvironment VIDQA_DEVICE",
        "dtype\tauto\tdefault",
    ]
    assert lines[4:7] == ["index\t-\tdefault", "keep\t5GB\tdefault", "copies\t10GB\tdefault"]
    assert run(["config", "get", "keep"]) == run(["config", "get", "device"]) == 0
    assert capsys.readouterr().out == "5GB\ncpu\n"


@pytest.mark.parametrize(
    "words",
    [
        ("model", "nope"),
        ("dtype", "int3"),
        ("device", "tpu"),
        ("speech", "starter"),
        ("x", "y"),
        ("keep", "10"),
        ("copies", "much"),
    ],
)
def test_senseless_settings_are_not_written(words: tuple[str, str]) -> None:
    assert run(["config", "set", *words]) == 2
    assert not paths.config_file().exists()


def test_what_people_wrote_into_the_file_stays(file: Path) -> None:
    file.write_text('# my machine\ndevice = "cpu"  # the GPU is lent\n\nkeep = "1GB"\n')
    write_setting("model", "starter")
    write_setting("keep", None)
    assert file.read_text() == (
        '# my machine\ndevice = "cpu"  # the GPU is lent\n\nmodel = "starter"\n'
    )
