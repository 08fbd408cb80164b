"""The minutes that a choice may take, and what is left of them."""

import time
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Clock:
    """Begins when it is made."""

    seconds: float
    began: float = field(default_factory=lambda: time.perf_counter())  # looked up when it is made

    @property
    def used(self) -> float:
        """Seconds since it was made."""
        return time.perf_counter() - self.began

    @property
    def left(self) -> float:
        """Seconds that are left; below 0 once they are used up."""
        return self.seconds - self.used

    def part(self, share: float) -> "Clock":
        """A clock that begins now, with a share of what is left."""
        return Clock(max(0.0, share * self.left))
