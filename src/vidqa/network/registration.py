"""Register vidqa's model types with the Auto classes of transformers."""

from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForImageTextToText,
    AutoProcessor,
)

from vidqa.network.configuration import ConceptVisionConfig, EvaVisionConfig, VidqaConfig
from vidqa.network.modeling import VidqaForConditionalGeneration
from vidqa.network.processing import VidqaProcessor
from vidqa.network.vision.concepts import ConceptVisionModel
from vidqa.network.vision.eva import EvaVisionModel


def register() -> None:
    """Register configurations, towers, model and processor; a second call changes nothing."""
    AutoConfig.register(ConceptVisionConfig.model_type, ConceptVisionConfig, exist_ok=True)
    AutoConfig.register(EvaVisionConfig.model_type, EvaVisionConfig, exist_ok=True)
    AutoConfig.register(VidqaConfig.model_type, VidqaConfig, exist_ok=True)
    AutoModel.register(ConceptVisionConfig, ConceptVisionModel, exist_ok=True)
    AutoModel.register(EvaVisionConfig, EvaVisionModel, exist_ok=True)
    AutoModelForImageTextToText.register(VidqaConfig, VidqaForConditionalGeneration, exist_ok=True)
    AutoProcessor.register(VidqaConfig, VidqaProcessor, exist_ok=True)
