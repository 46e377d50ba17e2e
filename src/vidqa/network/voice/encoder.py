"""Encode how a voice sounds: the GE2E speaker encoder of Resemblyzer.

Wan et al., "Generalized End-to-End Loss for Speaker Verification", arXiv 1710.10467. An LSTM of
three layers reads 1.6 s of a mel spectrogram; its last state, projected, is the embedding.
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

SAMPLE_RATE = 16_000
FRAME, HOP = 400, 160
"""Samples of a spectrum (25 ms), and from one to the next (10 ms)."""
BANDS = 40
WIDTH = 256
LAYERS = 3
SPECTRA = 160
"""Spectra that are encoded together: 1.6 s."""
QUIETEST_DB = -30.0
"""Quieter sound is amplified to this level, as for the encoder's training."""
AT_ONCE = 256
"""Windows in a batch."""

LINEAR_HZ, STEPS, KNEE_HZ = 200 / 3, 27 / np.log(6.4), 1000.0
"""Slaney's mel scale: linear below 1 kHz, 27 steps for a factor of 6.4 above."""

OF_TRAINING = ("similarity_weight", "similarity_bias")
"""Weights of the loss that it was trained with."""


class VoiceEncoder(nn.Module):
    """Embeds voices: two embeddings of one speaker point in nearly the same direction."""

    bands: Tensor
    """Of the mel spectrum, (BANDS, FRAME / 2 + 1)."""
    window: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(BANDS, WIDTH, LAYERS, batch_first=True)
        self.linear = nn.Linear(WIDTH, WIDTH)
        self.register_buffer("bands", mel_bands(), persistent=False)
        self.register_buffer("window", torch.hann_window(FRAME), persistent=False)

    @torch.inference_mode()
    def embed(self, sound: NDArray[np.float32], starts: list[int]) -> NDArray[np.float32]:
        """Embed windows of 1.6 s.

        Args:
            sound: mono samples at 16 kHz, between -1 and 1.
            starts: the first spectrum of each window, counted in steps of 10 ms.

        Returns:
            One row of length 1 for each window, (windows, 256).

        """
        mel = self.spectra(torch.from_numpy(amplified(sound)))
        mel = functional.pad(mel, (0, 0, 0, SPECTRA))  # (T, BANDS)
        rows = [
            self(torch.stack([mel[start : start + SPECTRA] for start in starts[at : at + AT_ONCE]]))
            for at in range(0, len(starts), AT_ONCE)
        ]
        found: NDArray[np.float32] = torch.cat(rows).numpy()
        return found

    def spectra(self, sound: Tensor) -> Tensor:
        """Return mel power spectra, (10 ms, BANDS)."""
        spectrum = torch.stft(
            sound, FRAME, HOP, window=self.window, pad_mode="constant", return_complex=True
        )
        return (self.bands @ spectrum.abs().square()).T

    def forward(self, mel: Tensor) -> Tensor:
        """Embed mel spectra (B, SPECTRA, BANDS) as (B, WIDTH)."""
        _, (state, _) = self.lstm(mel)
        return functional.normalize(functional.relu(self.linear(state[-1])), dim=1)


def amplified(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    """Amplify quiet sound to `QUIETEST_DB`."""
    level = float(np.sqrt(np.mean(np.square(sound, dtype=np.float64)))) if len(sound) else 0.0
    least = 10 ** (QUIETEST_DB / 20)
    return sound * np.float32(least / level) if 0 < level < least else sound


def mel_bands() -> Tensor:
    """Return triangles of equal area on Slaney's mel scale, (BANDS, FRAME / 2 + 1)."""
    top = KNEE_HZ / LINEAR_HZ + np.log(SAMPLE_RATE / 2 / KNEE_HZ) * STEPS
    edges = _hertz(np.linspace(0, top, BANDS + 2))
    frequencies = np.linspace(0, SAMPLE_RATE / 2, FRAME // 2 + 1)
    low, middle, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising, falling = (frequencies - low) / (middle - low), (high - frequencies) / (high - middle)
    bands = np.clip(np.minimum(rising, falling), 0, None) * 2 / (high - low)
    return torch.from_numpy(bands.astype(np.float32))


def _hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    knee = KNEE_HZ / LINEAR_HZ
    return np.where(mel < knee, mel * LINEAR_HZ, KNEE_HZ * np.exp((mel - knee) / STEPS))


def load_voice_encoder(file: Path) -> VoiceEncoder:
    """Load the encoder from Resemblyzer's checkpoint; nothing in it is executed."""
    encoder = VoiceEncoder()
    stored: dict[str, Any] = torch.load(file, map_location="cpu", weights_only=True)["model_state"]
    own = {name: one for name, one in stored.items() if name not in OF_TRAINING}
    encoder.load_state_dict(own)
    return encoder.eval()
