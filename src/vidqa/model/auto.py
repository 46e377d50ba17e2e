"""Make the Auto classes of transformers know our model types."""

from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForImageTextToText,
    AutoProcessor,
    Blip2VisionConfig,
    Blip2VisionModel,
)

from vidqa.model.configuration import ConceptVisionConfig, VidqaConfig
from vidqa.model.modeling import VidqaForConditionalGeneration
from vidqa.model.processing import VidqaProcessor
from vidqa.model.vision import ConceptVisionModel


def register() -> None:
    """Register configuration, tower, model and processor; calling it again changes nothing."""
    AutoConfig.register(ConceptVisionConfig.model_type, ConceptVisionConfig, exist_ok=True)
    AutoConfig.register(VidqaConfig.model_type, VidqaConfig, exist_ok=True)
    AutoModel.register(ConceptVisionConfig, ConceptVisionModel, exist_ok=True)
    # EVA ViT-g/14, the paper's tower; transformers knows it only as a part of BLIP-2
    AutoModel.register(Blip2VisionConfig, Blip2VisionModel, exist_ok=True)
    AutoModelForImageTextToText.register(VidqaConfig, VidqaForConditionalGeneration, exist_ok=True)
    AutoProcessor.register(VidqaConfig, VidqaProcessor, exist_ok=True)
