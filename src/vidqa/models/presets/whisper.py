"""The Whisper models on the Hugging Face Hub in CTranslate2's layout, every file pinned."""

from collections.abc import Mapping
from dataclasses import dataclass

Pin = tuple[int, str]
"""Size in bytes and sha256 of a file."""

ENGLISH: dict[str, Pin] = {
    "tokenizer.json": (
        2_128_466,
        "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
    ),
    "vocabulary.txt": (422_309, "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf"),
}
"""Files that are the same in every English-only Whisper."""

MANY: dict[str, Pin] = {
    "tokenizer.json": (
        2_203_239,
        "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
    ),
    "vocabulary.txt": (459_861, "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913"),
}
"""Files that are the same in every multilingual Whisper before large-v3."""

LARGE_V3: dict[str, Pin] = {
    "preprocessor_config.json": (
        340,
        "7ccc62c6f2765af1f3b46c00c9b5894426835a05021c8b9c01eecb6dfb542711",
    ),
    "vocabulary.json": (
        1_068_114,
        "c69260f2ab26d659b7c398f9a2b2b48ed0df16c3b47d7326782fd9cba71690c1",
    ),
}
"""Files of large-v3 and models made from it: 128 mel bands instead of 80, one language more."""


@dataclass(frozen=True, slots=True)
class Whisper:
    """One of OpenAI's sizes, in the repository that faster-whisper takes it from."""

    size: str
    repo: str
    revision: str
    files: Mapping[str, Pin]
    translates: bool = True
    """Whether it was trained to translate speech into English; English-only ones never are."""

    @property
    def english(self) -> bool:
        """Whether it knows only English."""
        return self.size.endswith(".en")


WHISPERS = (
    Whisper(
        "tiny",
        "Systran/faster-whisper-tiny",
        "d90ca5fe260221311c53c58e660288d3deb8d356",
        {
            "config.json": (
                2_249,
                "a73a28cdfe1c43ccc7202fa333d1f89c202477271407ae9a7f19afa52039cac8",
            ),
            "model.bin": (
                75_538_270,
                "dcb76c6586fc06cbdac6dd21f14cfd129cc4cdd9dce19bf4ffa62e59cbe6e6d1",
            ),
            **MANY,
        },
    ),
    Whisper(
        "base.en",
        "Systran/faster-whisper-base.en",
        "3d3d5dee26484f91867d81cb899cfcf72b96be6c",
        {
            "config.json": (
                2_227,
                "f3bc3821e9fc76a27bae538e11ae5b677dcdd352b4600429ce7951d398569aeb",
            ),
            "model.bin": (
                145_216_508,
                "2a166925539a16005f14ff328359f9b9adb9dc4fb631bb3b227526862e93e2ef",
            ),
            **ENGLISH,
        },
    ),
    Whisper(
        "base",
        "Systran/faster-whisper-base",
        "ebe41f70d5b6dfa9166e2c581c45c9c0cfc57b66",
        {
            "config.json": (
                2_309,
                "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
            ),
            "model.bin": (
                145_217_532,
                "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
            ),
            **MANY,
        },
    ),
    Whisper(
        "small.en",
        "Systran/faster-whisper-small.en",
        "d1d751a5f8271d482d14ca55d9e2deeebbae577f",
        {
            "config.json": (
                2_657,
                "666a9605530ac1f61fa8177f3702b4dacec9966749e42610839fcc32661d5fae",
            ),
            "model.bin": (
                483_545_366,
                "62b2a45b05ee59acb4a5341b33ee35e041395d378d418a18acfe4c9e768ee37a",
            ),
            **ENGLISH,
        },
    ),
    Whisper(
        "small",
        "Systran/faster-whisper-small",
        "536b0662742c02347bc0e980a01041f333bce120",
        {
            "config.json": (
                2_370,
                "b55496ac7940a7ae47d2c01eab40edfd8701feec1229d9cce3b40014383fb828",
            ),
            "model.bin": (
                483_546_902,
                "3e305921506d8872816023e4c273e75d2419fb89b24da97b4fe7bce14170d671",
            ),
            **MANY,
        },
    ),
    Whisper(
        "medium.en",
        "Systran/faster-whisper-medium.en",
        "a29b04bd15381511a9af671baec01072039215e3",
        {
            "config.json": (
                2_643,
                "4a1848ebabe7938d9797c15a2e8e4ce1d36e6fd4a43d096ae5955257c67c7962",
            ),
            "model.bin": (
                1_527_904_330,
                "11b220779aea4c6f3ce9d2549c8a95ea869ed84066864b999531ef53e594fe5b",
            ),
            **ENGLISH,
        },
    ),
    Whisper(
        "medium",
        "Systran/faster-whisper-medium",
        "08e178d48790749d25932bbc082711ddcfdfbc4f",
        {
            "config.json": (
                2_257,
                "3622a2ddc41ec0e0fd4e68c13c6830f03b90c38d89aaad184de02c8c642cf807",
            ),
            "model.bin": (
                1_527_906_378,
                "9b45e1009dcc4ab601eff815b61d80e60ce3fd8c74c1a14f4a282258286b51ae",
            ),
            **MANY,
        },
    ),
    Whisper(
        "large-v3",
        "Systran/faster-whisper-large-v3",
        "edaa852ec7e145841d8ffdb056a99866b5f0a478",
        {
            "config.json": (
                2_394,
                "a9306624f5ec14270a014b647e5c316b6e03a662c369758d1b90697a7b0655b9",
            ),
            "model.bin": (
                3_087_284_237,
                "69f74147e3334731bc3a76048724833325d2ec74642fb52620eda87352e3d4f1",
            ),
            "tokenizer.json": (
                2_480_617,
                "6d8cbd7cd0d8d5815e478dac67b85a26bbe77c1f5e0c6d76d1ce2abc0e5f21ca",
            ),
            **LARGE_V3,
        },
    ),
    Whisper(
        "large-v3-turbo",
        "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
        "0a363e9161cbc7ed1431c9597a8ceaf0c4f78fcf",
        {
            "config.json": (
                2_263,
                "b0253ea6c0d3bea6b1e19e91a02acfd3b53f4467362efcb5a3e6b16c9b3a9b7e",
            ),
            "model.bin": (
                1_617_884_929,
                "e76620f83d5f5b69efd3d87e3dc180c1bd21df9fbebacfd4335e5e1efcc018da",
            ),
            "tokenizer.json": (
                2_710_337,
                "297b13372ac43916285644fb9687add3cc62ee2a1adb60da3dc25cc94c1871fd",
            ),
            **LARGE_V3,
        },
        translates=False,  # OpenAI trained it only on transcriptions
    ),
)
"""Whisper models by size. `tiny.en` comes from the package index instead."""
