"""Write the man page and the tables in docs/ from the program itself, or check that they fit.

python scripts/build_docs.py          # write
python scripts/build_docs.py --check  # exit 1 and say what differs
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import typer

import hours
import vidqa
from vidqa.cli.app import program
from vidqa.models.choose import Machine
from vidqa.models.installed import parts
from vidqa.models.registry import BEST_FIRST, MODELS
from vidqa.models.sources.fetch import download_bytes
from vidqa.models.spec import HubSource, ModelSpec, Reported
from vidqa.system.number_formats import DTYPES
from vidqa.types.exit_codes import MEANINGS
from vidqa.types.options import names_of, options_of

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "docs" / "reference.md"
MODELS_PAGE = ROOT / "docs" / "models.md"
BENCHMARKS_PAGE = ROOT / "docs" / "benchmarks.md"
PYTHON_PAGE = ROOT / "docs" / "python.md"
MAN = ROOT / "man" / "vidqa.1"
CARD = ROOT / "src" / "vidqa" / "data" / "starter" / "README.md"
EVALUATION = ROOT / "benchmarks" / "results" / "evaluate-cpu.json"
"""What `benchmarks/evaluate.py` measured."""
FORMATS = ROOT / "benchmarks" / "results" / "formats-cpu.json"
"""What `benchmarks/formats_cpu.py` measured."""
DECODING = ROOT / "benchmarks" / "results" / "decode-on-cpu.json"
"""What `benchmarks/decode_cpu.py` measured."""
SIZES = ("135M", "0.5B", "1.7B")
SETTINGS = {
    "`load`": vidqa.LoadSettings,
    "`watch`, `ask_many`": vidqa.Viewing,
    "`ask`, `stream`, `ask_many`": vidqa.GenerationSettings,
    "`summarize`": vidqa.SummarySettings,
}
"""What functions of the Python API take by name."""
ENVIRONMENT = {
    "VIDQA_CACHE_DIR": "Where models are kept; the platform's user cache directory by default.",
    "VIDQA_CONFIG_DIR": "Where the file of `vidqa config` is; the platform's own by default.",
    "VIDQA_DATA_DIR": "Where the index of `vidqa find` is; the platform's user data by default.",
    "VIDQA_RUNTIME_DIR": (
        "Where the socket of `vidqa serve` is; by default in `XDG_RUNTIME_DIR` where that is the "
        "user's own, else in the cache."
    ),
    "VIDQA_SERVER": "The socket of the server that `vidqa ask` asks; off: none.",
    "VIDQA_MODEL, VIDQA_SPEECH, VIDQA_DEVICE, VIDQA_DTYPE, VIDQA_INDEX": (
        "Settings as `vidqa config` shows them; they go before those of the file."
    ),
    "VIDQA_CUDA_GRAPHS": (
        "1: on a CUDA device answers are written by a recorded step (a CUDA graph) where a model's "
        "layers allow it; nobody has measured it yet."
    ),
    "HF_HOME, HF_HUB_CACHE": "Where files of the Hugging Face Hub are kept.",
    "NO_COLOR": "When set, no colours.",
    "PIP_*": "pip's own settings (index, proxy, certificates) hold when a model is pulled.",
}


def main() -> None:
    """Write or check."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    wanted = {
        REFERENCE: reference(REFERENCE.read_text()),
        MODELS_PAGE: models_page(MODELS_PAGE.read_text()),
        BENCHMARKS_PAGE: between(BENCHMARKS_PAGE.read_text(), "hours", list(hours.table())),
        PYTHON_PAGE: between(PYTHON_PAGE.read_text(), "settings", settings()),
        MAN: man_page(),
        CARD: card(CARD.read_text()),
    }
    stale = [file for file, text in wanted.items() if not file.exists() or file.read_text() != text]
    if parser.parse_args().check:
        for file in stale:
            print(f"{file.relative_to(ROOT)} is not what the program says; run `make docs`")
        sys.exit(bool(stale))
    for file in stale:
        file.write_text(wanted[file])


def commands() -> Iterator[tuple[str, Any]]:
    """Every command with its full name, groups left out."""
    root = typer.main.get_command(program())

    def walk(name: str, command: Any) -> Iterator[tuple[str, Any]]:
        children = getattr(command, "commands", None)
        if not children or command.invoke_without_command:
            yield name, command
        for child, sub in (children or {}).items():
            yield from walk(f"{name} {child}", sub)

    yield from walk("vidqa", root)


def arguments(command: Any) -> list[Any]:
    """A command's arguments."""
    return [p for p in command.params if p.param_type_name == "argument"]


def options(command: Any) -> list[Any]:
    """A command's options, the shell completion's left out."""
    return [p for p in command.params if p.param_type_name == "option" and p.help]


def spelled(option: Any) -> str:
    """`--frames N`, `-q, --question TEXT`."""
    names = ", ".join(sorted(option.opts, key=len))
    return names if option.is_flag else f"{names} {option.metavar}"


def described(option: Any) -> str:
    """The help, with the default where there is one to say."""
    text = str(option.help)
    if option.is_flag or option.default in (None, "") or "[default" in text:
        return text
    return f"{text} [default: {option.default}]"


def reference(text: str) -> str:
    """The page with the options and the exit statuses as they are."""
    rows = [
        f"| `{cell(spelled(option))}` | {cell(described(option))} |"
        for option in options(dict(commands())["vidqa ask"])
    ]
    text = between(text, "options", ["| option | meaning |", "|---|---|", *rows])
    codes = [
        f"| {int(code)} | `{code.name.lower()}` | {meaning} |" for code, meaning in MEANINGS.items()
    ]
    head = ["| status | kind | meaning |", "|---|---|---|"]
    return between(text, "exit-codes", [*head, *codes])


def models_page(text: str) -> str:
    """The page with the presets and the starter's figures as they are."""
    text = between(text, "presets", presets())
    text = between(text, "decode-figures", decoding(json.loads(DECODING.read_text())))
    text = between(text, "format-figures", formats(json.loads(FORMATS.read_text())))
    return between(text, "starter-figures", figures(json.loads(EVALUATION.read_text())))


def settings() -> list[str]:
    """Return what can be given by name in Python, and as which option of the commands."""
    rows = ["| given to | name | as an option | default |", "|---|---|---|---|"]
    for functions, group in SETTINGS.items():
        for one in fields(group):
            if one.name in options_of(group):
                names = ", ".join(f"`{name}`" for name in names_of(one))
                rows.append(f"| {functions} | `{one.name}` | {names} | `{one.default!r}` |")
    return rows


def presets() -> list[str]:
    """What each preset costs, the best first: its download, and the memory planned for it."""
    dtypes = ("bfloat16", "int8", "int4")
    rows = [
        "| preset | download | frames | memory | `--dtype int8` | `--dtype int4` | Video-MME "
        "| licence |",
        "|---" * (5 + len(dtypes)) + "|",
    ]
    for name in BEST_FIRST:
        spec = MODELS[name]
        plans = [Machine("cuda", dtype, 0).plan(spec) for dtype in dtypes]
        memory = " | ".join(gigabytes(one.total_bytes) if one else "" for one in plans)
        licences = ", ".join(spec.licences) + (", gated" if is_gated(spec) else "")
        size = gigabytes(sum(map(download_bytes, parts(spec))))
        score = "" if spec.video_mme is None else reported(spec.video_mme)
        rows.append(f"| `{name}` | {size} | {spec.frames} | {memory} | {score} | {licences} |")
    return rows


def reported(figure: Reported) -> str:
    """A figure of a model's makers."""
    return f"{figure.percent} %" + ", thinking" * figure.with_thinking


def is_gated(spec: ModelSpec) -> bool:
    """Whether terms have to be accepted before a part of a model can be downloaded."""
    return any(isinstance(source, HubSource) and source.gated for source in spec.sources)


def gigabytes(size: float) -> str:
    """A size for people."""
    return f"{size / 1e9:.1f} GB"


def figures(found: dict[str, Any]) -> list[str]:
    """The starter's shares of right answers, a row a skill; the trained one with its interval."""
    right = found["right"]
    others = [name for name in right if name != "trained"]
    rows = ["| skill | questions | right | " + " | ".join(others) + " |"]
    rows.append("|---" * (3 + len(others)) + "|")
    for skill, (mean, low, high, count) in right["trained"].items():
        rest = " | ".join(f"{right[name][skill][0]:.0f} %" for name in others)
        rows.append(f"| {skill} | {count} | {mean:.0f} % ({low:.0f} to {high:.0f}) | {rest} |")
    return rows


def formats(found: dict[str, Any]) -> list[str]:
    """Return what a model takes in each number format, a line each."""
    lines = [
        "| | new tokens a second | prompt tokens a second | memory | most while loading |",
        "|---|---|---|---|---|",
    ]
    for name, one in found["formats"].items():
        speeds = [f"{one[key]:.1f}" for key in ("new_tokens_per_s", "prompt_tokens_per_s")]
        held = [gigabytes(1e6 * one[key]) for key in ("loaded_mb", "peak_mb")]
        lines.append(
            f"| {' | '.join([f'`--dtype {name}`' if name in DTYPES else name, *speeds, *held])} |"
        )
    return lines


def decoding(found: dict[str, Any]) -> list[str]:
    """Return the tokens a second of each way to write, a line each."""
    sizes = [size for size in SIZES if size in found]
    lines = [f"| | {' | '.join(sizes)} |", f"|---|{'---|' * len(sizes)}"]
    for way in found[sizes[0]]:
        speeds = [f"{found[size][way]['new_tokens_per_s']:.1f}" for size in sizes]
        name = f"`--dtype {way.removeprefix('vidqa ')}`" if way.startswith("vidqa ") else way
        lines.append(f"| {name} | {' | '.join(speeds)} |")
    return lines


def card(text: str) -> str:
    """The starter's card with what training is worth: differences of the same questions."""
    differences = json.loads(EVALUATION.read_text())["trained_minus"]
    rows = ["| skill | " + " | ".join(differences) + " |", "|---" * (1 + len(differences)) + "|"]
    for skill in next(iter(differences.values())):
        parts = [differences[name][skill][:3] for name in differences]
        told = [f"{mean:+.0f} ({low:+.0f} to {high:+.0f})" for mean, low, high in parts]
        rows.append(f"| {skill} | " + " | ".join(told) + " |")
    return between(text, "differences", rows)


def cell(text: str) -> str:
    """Keep a bar from ending a table's cell."""
    return text.replace("|", "\\|")


def between(text: str, name: str, lines: list[str]) -> str:
    """The text with other lines between `<!-- NAME -->` and `<!-- /NAME -->`."""
    block = "\n".join([f"<!-- {name} -->", *lines, f"<!-- /{name} -->"])
    made, count = re.subn(
        rf"<!-- {name} -->.*?<!-- /{name} -->", lambda _: block, text, flags=re.DOTALL
    )
    assert count == 1, f"there are {count} blocks {name}"
    return made


def roff(text: str) -> str:
    """Escape what troff would obey."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^([.'])", r"\\&\1", escaped, flags=re.MULTILINE)


def man_page() -> str:
    """The manual page in the man macros."""
    lines = [
        f'.TH VIDQA 1 "" "vidqa {vidqa.__version__}" "User Commands"',
        ".SH NAME",
        "vidqa \\- ask questions about video files, on your own machine",
        ".SH SYNOPSIS",
    ]
    for name, command in commands():
        words = " ".join(str(one.metavar) for one in arguments(command))
        lines += [f".B {roff(name)}", roff(f"[OPTIONS] {words}".strip()), ".br"]
    lines += [".SH DESCRIPTION"]
    lines += [
        roff(
            "vidqa samples frames of a clip, listens to what is said, and lets a language model "
            "answer questions about both. Answers go to standard output, everything else to "
            "standard error. Nothing leaves the machine; models are fetched by `vidqa models pull`."
        )
    ]
    lines += [".SH COMMANDS"]
    for name, command in commands():
        lines += [f".SS {roff(name)}", roff(str(command.help))]
        for option in options(command):
            lines += [".TP", f".B {roff(spelled(option))}", roff(described(option))]
    lines += [".SH EXIT STATUS"]
    for code, meaning in MEANINGS.items():
        lines += [".TP", f".B {int(code)}", roff(meaning)]
    lines += [".SH ENVIRONMENT"]
    for variable, meaning in ENVIRONMENT.items():
        lines += [".TP", f".B {roff(variable)}", roff(meaning)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
