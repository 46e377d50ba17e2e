"""The presets' configurations at their true sizes, as published; nothing of it is allocated."""

from typing import Any

from transformers import (
    InternVLConfig,
    MiniCPMV4_6Config,
    Qwen3_5Config,
    Qwen3VLConfig,
    SmolVLMConfig,
)

SIGLIP_B = {
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "image_size": 512,
    "patch_size": 16,
}
SIGLIP_SO = {
    "hidden_size": 1152,
    "intermediate_size": 4304,
    "num_hidden_layers": 27,
    "num_attention_heads": 16,
    "image_size": 384,
    "patch_size": 14,
}
QWEN_SMALL = {
    "depth": 24,
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_heads": 16,
    "deepstack_visual_indexes": [5, 11, 17],
}
QWEN_LARGE = {
    "depth": 27,
    "hidden_size": 1152,
    "intermediate_size": 4304,
    "num_heads": 16,
    "deepstack_visual_indexes": [8, 16, 24],
}
QWEN35_SMALL = {"depth": 12, "hidden_size": 768, "intermediate_size": 3072, "num_heads": 12}
QWEN35_MEDIUM = {"depth": 24, "hidden_size": 1024, "intermediate_size": 4096, "num_heads": 16}
QWEN35_LARGE = {"depth": 27, "hidden_size": 1152, "intermediate_size": 4304, "num_heads": 16}


def smolvlm(
    vision: dict[str, Any],
    scale: int,
    hidden: int,
    inner: int,
    layers: int,
    heads: int,
    kv: int,
    *,
    tied: bool,
    context: int = 8192,
) -> Any:
    return SmolVLMConfig(
        scale_factor=scale,
        vision_config=vision,
        tie_word_embeddings=tied,
        image_token_id=49190,
        text_config={
            "model_type": "llama",
            "vocab_size": 49280,
            "hidden_size": hidden,
            "intermediate_size": inner,
            "num_hidden_layers": layers,
            "head_dim": 64,
            "num_attention_heads": heads,
            "num_key_value_heads": kv,
            "max_position_embeddings": context,
            "tie_word_embeddings": tied,
        },
    )


def qwen3_vl(
    vision: dict[str, Any], hidden: int, inner: int, layers: int, heads: int, *, tied: bool
) -> Any:
    return Qwen3VLConfig(
        vision_config={**vision, "out_hidden_size": hidden},
        tie_word_embeddings=tied,
        text_config={
            "vocab_size": 151936,
            "hidden_size": hidden,
            "intermediate_size": inner,
            "num_hidden_layers": layers,
            "num_attention_heads": heads,
            "num_key_value_heads": 8,
            "head_dim": 128,
            "max_position_embeddings": 262144,
            "tie_word_embeddings": tied,
        },
    )


def qwen35_text(
    hidden: int, inner: int, layers: int, heads: int, kv: int, value_heads: int, *, tied: bool
) -> dict[str, Any]:
    kinds = ["full_attention" if (i + 1) % 4 == 0 else "linear_attention" for i in range(layers)]
    return {
        "vocab_size": 248320,
        "hidden_size": hidden,
        "intermediate_size": inner,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": kv,
        "head_dim": 256,
        "linear_num_value_heads": value_heads,
        "layer_types": kinds,
        "max_position_embeddings": 262144,
        "tie_word_embeddings": tied,
    }


def qwen35(vision: dict[str, Any], text: dict[str, Any]) -> Any:
    return Qwen3_5Config(
        vision_config={**vision, "out_hidden_size": text["hidden_size"]},
        text_config=text,
        tie_word_embeddings=text["tie_word_embeddings"],
    )


def internvl(hidden: int, inner: int, layers: int, heads: int, *, tied: bool) -> Any:
    return InternVLConfig(
        vision_config={"use_qk_norm": False},
        tie_word_embeddings=tied,
        text_config={
            "model_type": "qwen3",
            "vocab_size": 151936,
            "hidden_size": hidden,
            "intermediate_size": inner,
            "num_hidden_layers": layers,
            "num_attention_heads": heads,
            "num_key_value_heads": 8,
            "head_dim": 128,
            "max_position_embeddings": 40960,
            "tie_word_embeddings": tied,
        },
    )


def minicpm() -> Any:
    return MiniCPMV4_6Config(
        vision_config={
            "hidden_size": 1152,
            "intermediate_size": 4304,
            "num_hidden_layers": 27,
            "num_attention_heads": 16,
            "image_size": 980,
            "patch_size": 14,
        },
        text_config={
            "model_type": "qwen3_5_text",
            **qwen35_text(1024, 3584, 24, 8, 2, 16, tied=True),
        },
        image_token_id=1,  # changes no size
        tie_word_embeddings=True,
    )


CONFIGS = {
    "smolvlm2-256m": lambda: smolvlm(SIGLIP_B, 4, 576, 1536, 30, 9, 3, tied=False),
    "smolvlm2-500m": lambda: smolvlm(SIGLIP_B, 4, 960, 2560, 32, 15, 5, tied=False),
    "smolvlm2-2.2b": lambda: smolvlm(SIGLIP_SO, 3, 2048, 8192, 24, 32, 32, tied=False),
    "qwen3-vl-2b": lambda: qwen3_vl(QWEN_SMALL, 2048, 6144, 28, 16, tied=True),
    "qwen3-vl-4b": lambda: qwen3_vl(QWEN_SMALL, 2560, 9728, 36, 32, tied=True),
    "qwen3-vl-8b": lambda: qwen3_vl(QWEN_LARGE, 4096, 12288, 36, 32, tied=False),
    "qwen3.5-0.8b": lambda: qwen35(QWEN35_SMALL, qwen35_text(1024, 3584, 24, 8, 2, 16, tied=True)),
    "qwen3.5-2b": lambda: qwen35(QWEN35_MEDIUM, qwen35_text(2048, 6144, 24, 8, 2, 16, tied=True)),
    "qwen3.5-4b": lambda: qwen35(QWEN35_MEDIUM, qwen35_text(2560, 9216, 32, 16, 4, 32, tied=True)),
    "qwen3.5-9b": lambda: qwen35(QWEN35_LARGE, qwen35_text(4096, 12288, 32, 16, 4, 32, tied=False)),
    "minicpm-v-4.6": minicpm,
    "internvl3.5-1b": lambda: internvl(1024, 3072, 28, 16, tied=False),
    "internvl3.5-2b": lambda: internvl(2048, 6144, 28, 16, tied=False),
    "internvl3.5-4b": lambda: internvl(2560, 9728, 36, 32, tied=False),
    "internvl3.5-8b": lambda: internvl(4096, 12288, 36, 32, tied=False),
}
"""How to make each preset's configuration."""
