"""Tiny random models with the true layout of each family, written as `save_pretrained` folders."""

from pathlib import Path

import safetensors.torch
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    GenerationConfig,
    LlamaConfig,
    PreTrainedTokenizerFast,
    SmolVLMConfig,
    SmolVLMForConditionalGeneration,
    SmolVLMImageProcessor,
    SmolVLMProcessor,
    SmolVLMVideoProcessor,
    ViTImageProcessorPil,
)

from vidqa.models.conversion.assemble import CHAT_TEMPLATE
from vidqa.models.spec import ModelSpec
from vidqa.network.configuration import ConceptVisionConfig, VidqaConfig
from vidqa.network.modeling import VidqaForConditionalGeneration
from vidqa.network.processing import VidqaProcessor
from vidqa.network.registration import register
from vidqa.network.tokens import IMAGE_TOKEN
from vidqa.network.vision.concepts import ConceptVisionModel

NAMES = 6
"""Of the classes of a tiny tower that sees people."""

CHATML = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
SMOLVLM = ["<fake_token_around_image>", "<image>", "<global-img>", "<end_of_utterance>", "<video>"]
TEXT = [
    "What happens in the video? Is there a cat or a dog? The video shows a cat, then a mug.",
    "user assistant Heard: the cat is called Chelsea. Nothing is said. Who speaks first and last?",
]


def spec(name: str = "tiny", **changes: object) -> ModelSpec:
    values: dict[str, object] = {
        "name": name,
        "summary": "random",
        "sources": (),
        "assembly": None,
        "speech": None,
        "frames": 4,
        "max_words": 40,
        "max_new_tokens": 12,
        "disk_bytes": 1,
    }
    return ModelSpec(**{**values, **changes})  # type: ignore[arg-type]


def tokenizer(special: list[str]) -> PreTrainedTokenizerFast:
    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    backend.train_from_iterator(TEXT, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        eos_token="<|im_end|>" if "<|im_end|>" in special else "<end_of_utterance>",
        pad_token="<|endoftext|>",
        additional_special_tokens=special,
    )


def text_config(vocabulary: int) -> dict[str, object]:
    return LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=1024,
        pad_token_id=0,
        tie_word_embeddings=True,
    ).to_dict()


def native_folder(folder: Path, *, seed: int = 0) -> Path:
    """The same behind the starter's tower: it runs on vidqa's own modules."""
    return vidqa_folder(
        folder, seed=seed, architecture="tf_efficientnet_lite0", head_dim=16, sees_people=True
    )


def vidqa_folder(
    folder: Path,
    *,
    seed: int = 0,
    architecture: str = "test_efficientnet",
    head_dim: int = 8,
    sees_people: bool = False,
) -> Path:
    """Our own class: timm's smallest test network, 4 x 4 + 4 places, k = 4, a 2-layer Llama."""
    register()
    torch.manual_seed(seed)
    words = tokenizer(CHATML)
    vocabulary = len(words)
    words.add_tokens([IMAGE_TOKEN], special_tokens=True)
    tower = ConceptVisionConfig(
        architecture=architecture,
        hidden_size=29 if sees_people else 27,
        image_size=64,
        sees_people=sees_people,
        everyday_names=NAMES if sees_people else 0,
    )
    config = VidqaConfig(
        vision_config=tower.to_dict(),
        text_config={**text_config(vocabulary), "head_dim": head_dim},
        image_token_id=words.convert_tokens_to_ids(IMAGE_TOKEN),
    )
    network = VidqaForConditionalGeneration(config).eval()
    network.generation_config = GenerationConfig(eos_token_id=words.eos_token_id, pad_token_id=0)
    if sees_people:
        _sees_some(network.model.vision_tower)
    images = ViTImageProcessorPil(size={"height": 64, "width": 64})
    network.save_pretrained(folder)
    VidqaProcessor(
        images, words, chat_template=CHAT_TEMPLATE, tells_image_sizes=sees_people
    ).save_pretrained(folder)
    return folder


def _sees_some(tower: ConceptVisionModel) -> None:
    """Let random weights find faces at some places, and be sure of some names."""
    with torch.no_grad():
        tower.faces.score.weight.mul_(100)
        tower.faces.box.bias[2:4] = 60  # pixels, their width and height
        scores, _ = tower.faces(torch.rand(1, 3, 192, 320) * 2 - 1)
        tower.faces.score.bias.sub_(scores.logit().quantile(0.97))
    certain = tower.certain
    certain.names.copy_(torch.arange(len(certain.names)) % NAMES)
    certain.least.fill_(1 / NAMES)
    certain.least_near_people.fill_(1.5 / NAMES)
    certain.nothing.fill_(1 / len(certain.names))


def talkative(folder: Path) -> Path:
    """The same model with large weights: tied small ones only say again what they read last."""
    file = folder / "model.safetensors"
    weights = safetensors.torch.load_file(file)
    for name, one in weights.items():
        if ".language_model.layers." in name and "proj" in name:
            one.mul_(30)
    safetensors.torch.save_file(weights, file, metadata={"format": "pt"})
    return folder


def smolvlm_folder(folder: Path, *, seed: int = 0) -> Path:
    """SmolVLM: a 2-layer SigLIP over 32 pixels, pixel shuffle by 2, a 2-layer Llama."""
    torch.manual_seed(seed)
    words = tokenizer(["<|endoftext|>", "<|im_start|>", *SMOLVLM])
    config = SmolVLMConfig(
        image_token_id=words.convert_tokens_to_ids("<image>"),
        scale_factor=2,
        pad_token_id=0,
        tie_word_embeddings=True,
        vision_config={
            "hidden_size": 24,
            "intermediate_size": 48,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "image_size": 32,
            "patch_size": 8,
        },
        text_config=text_config(len(words)),
    )
    network = SmolVLMForConditionalGeneration(config).eval()
    network.generation_config = GenerationConfig(eos_token_id=words.eos_token_id, pad_token_id=0)
    network.save_pretrained(folder)
    sides = {"size": {"longest_edge": 32}, "max_image_size": {"longest_edge": 32}}
    template = (
        "<|im_start|>{% for message in messages %}{{ message['role'] | capitalize }}:"
        "{% for item in message['content'] %}"
        "{% if item['type'] == 'image' %}<image>{% else %}{{ item['text'] }}{% endif %}"
        "{% endfor %}<end_of_utterance>\n{% endfor %}"
        "{% if add_generation_prompt %}Assistant:{% endif %}"
    )
    SmolVLMProcessor(
        SmolVLMImageProcessor(**sides),
        words,
        SmolVLMVideoProcessor(size={"longest_edge": 32}, max_image_size={"longest_edge": 32}),
        image_seq_len=4,
        chat_template=template,
    ).save_pretrained(folder)
    return folder


SMOLVLM_IMAGE_KWARGS = {"do_image_splitting": False}
