"""Things that people might say, written by the starter's own decoder, each about a known topic."""

import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

_TOPICS = """the weather, breakfast, a long journey, music, an old friend, the harvest,
    football, a new job, the price of bread, a birthday, the news, a lost key, the moon, homework,
    a holiday, the river, good coffee, a broken window, the winter, a wedding, a secret, the night,
    the history of the town, the government, science, a recipe, a doctor, money, the sea, school,
    a garden, the future, a dream, a book, a film, sleep, the city, a war, a game, a song, health,
    the internet, electricity, history, art, a storm, a market, the economy, a family, children,
    a museum, a library, an accident, a party, the law, medicine, the environment, energy, travel,
    cooking, painting, dancing, a story, a letter, the village, an island, a forest, the desert,
    a language, mathematics, sport, politics, a neighbour, a teacher, fear, luck, time, a mistake"""
TOPICS = tuple(" ".join(topic.split()) for topic in _TOPICS.split(","))
PROMPTS = (
    "Write one short sentence that somebody says about {}.",
    "Say one simple fact about {}.",
    "Write one sentence that starts with I and is about {}.",
    "Write the first sentence of a talk about {}.",
)
SYSTEM = "You write exactly one plain spoken sentence and nothing else."
AT_ONCE = 48
MOST_TOKENS = 30
MOST_WORDS = 22
SAME_LETTERS = 5
"""`elephant` is found in `Elephants`, `story` in `stories` is not: better one too few."""
FEWEST_WORDS = 4


def written_sentences(
    model: Any, tokenizer: Any, names: Sequence[str], cache: Path
) -> Mapping[str, list[str]]:
    """Sentences by topic, from the cache or written now (about ten minutes on two cores).

    Args:
        model: a causal language model tuned to follow instructions.
        tokenizer: of the model.
        names: more topics: the things that can be seen.
        cache: a JSON file, made if it is not there.

    """
    if cache.is_file():
        found: Mapping[str, list[str]] = json.loads(cache.read_text(encoding="utf-8"))
        return found
    torch.manual_seed(0)
    topics = [*TOPICS, *(f"the {name}" for name in sorted(set(names)))]
    wanted = [(topic, form) for topic in topics for form in PROMPTS]
    random.Random(0).shuffle(wanted)
    sentences: dict[str, list[str]] = {}
    for start in range(0, len(wanted), AT_ONCE):
        part = wanted[start : start + AT_ONCE]
        for (topic, _), text in zip(part, _write(model, tokenizer, part), strict=True):
            if (sentence := _tidy(text)) and _is_about(sentence, topic):
                sentences.setdefault(topic, []).append(sentence)
        print(f"{start + len(part)} of {len(wanted)} sentences", flush=True)
    cache.write_text(json.dumps(sentences, indent=1), encoding="utf-8")
    return sentences


def _write(model: Any, tokenizer: Any, wanted: Sequence[tuple[str, str]]) -> list[str]:
    prompts = [
        f"<|im_start|>system\n{SYSTEM}<|im_end|>\n<|im_start|>user\n{form.format(topic)}<|im_end|>\n"
        "<|im_start|>assistant\n"
        for topic, form in wanted
    ]
    inputs = tokenizer(prompts, return_tensors="pt", padding=True, padding_side="left")
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        ids = model.generate(
            input_ids=inputs.input_ids,
            attention_mask=inputs.attention_mask,
            max_new_tokens=MOST_TOKENS,
            do_sample=True,
            temperature=0.9,
            top_p=0.9,
        )
    return [
        str(text)
        for text in tokenizer.batch_decode(
            ids[:, inputs.input_ids.shape[1] :], skip_special_tokens=True
        )
    ]


def _tidy(text: str) -> str | None:
    """The first whole sentence of a text, if it is one that a person might say."""
    line = text.strip().strip('"').split("\n")[0]
    ends = [line.find(mark) for mark in ".!?" if mark in line]
    if not ends:
        return None
    sentence = " ".join(line[: min(ends) + 1].strip(' "“”*').split())
    words = sentence.split()
    plain = sentence.isascii() and not set(sentence) & set('"*:;()[]{}<>|')
    return sentence if plain and FEWEST_WORDS <= len(words) <= MOST_WORDS else None


def _is_about(sentence: str, topic: str) -> bool:
    """Whether the main word stands in it, singular or plural."""
    return topic.split()[-1][:SAME_LETTERS].lower() in sentence.lower()
