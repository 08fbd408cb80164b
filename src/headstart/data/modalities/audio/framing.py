"""How samples become frames."""

from dataclasses import dataclass

WINDOW, HOP = 0.025, 0.010  # seconds, as is usual for speech
COEFFICIENTS, SEGMENTS = 13, 5  # of cepstra, and of a sound in their statistics
WIDTH = 2 * COEFFICIENTS * (SEGMENTS + 1)  # values of the statistics of one sound
CLIP_DEPTH = 40.0  # decibels: what is fainter in a clip is the room and the microphone
MULTIPLE = 8  # frames of a row are a multiple of it, so that patches fit


@dataclass(frozen=True, slots=True)
class Framing:
    """How samples at a rate become frames.

    window  samples of a frame
    hop     samples from one frame to the next
    size    points of the Fourier transform, a power of two
    """

    rate: int

    @property
    def window(self) -> int:
        return round(WINDOW * self.rate)

    @property
    def hop(self) -> int:
        return round(HOP * self.rate)

    @property
    def size(self) -> int:
        return 1 << (self.window - 1).bit_length()

    def frames(self, samples: int) -> int:
        """Frames that hold so many samples, a multiple of eight."""
        whole = 1 + max(0, -(-(samples - self.window) // self.hop))
        return -(-whole // MULTIPLE) * MULTIPLE

    def samples(self, frames: int) -> int:
        """Samples that so many frames cover."""
        return (frames - 1) * self.hop + self.window
