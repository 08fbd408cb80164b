"""Images: files, bytes or arrays of any odd kind -> uint8 pixels of one size -> normalised float tensors."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from PIL import Image as Picture

from headstart.core import contracts
from headstart.core.contracts.budget import Budget
from headstart.core.contracts.choice import NO_SETTINGS
from headstart.core.contracts.spec import Layout, Spec
from headstart.core.errors import DataError, RecipeError
from headstart.core.files import write_whole
from headstart.data.file_names import has_known_name, is_image_file
from headstart.data.kept_settings import intact, stored_otherwise
from headstart.data.modalities.image.annotations import check, is_located
from headstart.data.modalities.image.defaults import PictureDefaults
from headstart.data.modalities.image.parts import Divided
from headstart.data.modalities.image.perceptual_hash import PictureDuplicates
from headstart.data.modalities.image.pixel_values import HIGHEST, Wanted, from_array, with_channels
from headstart.data.modalities.image.pixels import decode, shown
from headstart.data.modalities.image.sizing import PicturePlacements, Survey, common, is_picture, resized, usual
from headstart.data.modalities.image.view import PictureView, per_channel
from headstart.data.opening.pictures import MAX_BYTES
from headstart.data.opening.tiff import MOST_CHANNELS
from headstart.data.records import Blob

_FILE = "preprocessor_config.json"
_LARGEST = 1 << 25  # values, 3,344 by 3,344 pixels of three colours


class Image:
    """Pictures of grey, colours or any number of channels, all brought to one size.

    `size` "auto" keeps a size that all images share (up to 256), else takes a square of their median short side (up
    to 224); a number makes squares of that many pixels, two are height and width. `fit` "cover" keeps the centre of a
    picture in its own aspect, "stretch" the whole of it; "auto" stretches where labels lie in the picture (boxes,
    masks), and "auto" sizes then have the pictures' usual aspect, up to 320 pixels. `channels` "auto" is 1 if every
    image is grey, 3 where some have colours, else what all of them have. `white` is the value of white in pictures of
    more than 8 bits; "auto": all bits that the highest values use. `scale` "standard" gives each channel mean 0 and
    deviation 1, "unit" values in [0, 1].

    Stored: x uint8 [C, H, W], size int32 [2] of the original. Batch: x uint8 [B, C, H, W], size [B, 2]. Ready: x
    float32 [B, C, H, W].
    """

    defaults, duplicates, divides = PictureDefaults(), PictureDuplicates(), Divided()
    told, by_column, past = (), None, None
    layout: ClassVar[Layout] = "grid"
    files: ClassVar = True  # a text in a table is a path
    name_groups: ClassVar = False
    columns = kinship = vocabulary = windows = pieces = audible = timeline = named_cells = cell_columns = None
    plain: ClassVar[Mapping[str, Any]] = NO_SETTINGS

    def __init__(
        self, *, size: int | tuple[int, int] | Literal["auto"] = "auto",
        fit: Literal["auto", "cover", "stretch"] = "auto", channels: int | Literal["auto"] = "auto",
        white: int | Literal["auto"] = "auto", scale: Literal["standard", "unit"] = "standard",
    ) -> None:  # fmt: skip
        if isinstance(channels, int) and not 1 <= channels <= MOST_CHANNELS:
            found, expected = channels, f"1 to {MOST_CHANNELS}"
            raise RecipeError(121, "an image needs at least one channel", where="image.channels", found=found,
                              expected=expected)  # fmt: skip
        if isinstance(white, int) and not 255 <= white <= HIGHEST:
            expected = f"255 to {HIGHEST}"
            raise RecipeError(126, "white is out of range", where="image.white", found=white, expected=expected)
        sides = [1] if isinstance(size, str) else [size] if isinstance(size, int) else [*size]
        if not 1 <= len(sides) <= 2 or min(sides) < 1:
            raise RecipeError(122, "an image needs at least one pixel", where="image.size", found=size)
        self.size = size if isinstance(size, int | str) else (sides[0], sides[-1])
        self._frame, self.channels, self.white, self.scale = fit, channels, white, scale
        self._stretches = fit == "stretch"
        self._shape: tuple[int, int, int] = (0, 0, 0)  # channels, height, width
        self._white = white if isinstance(white, int) else 0  # 0: no picture is known to have more than 8 bits
        self.mean: list[float] = []
        self.std: list[float] = []

    @classmethod
    def recognises(cls, value: Any, origin: str) -> bool:
        if isinstance(value, str):
            return is_image_file(value)
        if isinstance(value, Blob | bytes):
            return is_image_file(origin) or (not has_known_name(origin) and is_picture(value))
        return (isinstance(value, np.ndarray) and value.ndim in (2, 3)) or isinstance(value, Picture.Image)

    def is_row(self, value: Any) -> bool:
        """A picture, a file in memory, or an array [H, W], [H, W, C] or [C, H, W]; of another first or last axis it is
        pictures [n, H, W]."""
        if isinstance(value, np.ndarray):
            own = self._shape[0]
            coloured = value.ndim == 3 and (value.shape[2] in {1, 3, 4, own} or value.shape[0] == own > 1)
            return value.ndim == 2 or coloured
        return isinstance(value, Picture.Image | bytes | bytearray | memoryview)

    @classmethod
    def of(cls, size: tuple[int, int], channels: int, mean: Sequence[float], std: Sequence[float]) -> Image:
        """Pictures as a public model expects them: (height, width), and mean and deviation of each channel."""
        height, width = size
        made = cls(size=height if height == width else size, channels=channels)
        made._shape = (channels, height, width)
        made.mean, made.std = list(mean), list(std)
        return made

    def fit(self, examples: Iterable[contracts.Example], budget: Budget) -> None:
        """Size and channels from the headers; few are decoded, for their white. Broken files do not count here."""
        survey, located = Survey(Wanted(self.channels if isinstance(self.channels, int) else None), budget), False
        for example in examples:
            located = located or is_located(example.get("label"))
            survey.add(example)
        self._stretches = located if self._frame == "auto" else self._frame == "stretch"
        wanted, channels = self.size, self.channels
        if isinstance(wanted, str):
            height, width = (usual if self._stretches else common)(survey.sizes)
        else:
            height, width = (wanted, wanted) if isinstance(wanted, int) else wanted
        self._shape = (survey.channels() if isinstance(channels, str) else channels, height, width)
        self._white = self.white if isinstance(self.white, int) else survey.white

    def read(self, example: contracts.Example, budget: Budget) -> contracts.Example:
        """Decode: input becomes uint8 pixels [H, W] or [H, W, C]. DataError if it is no sound image."""
        channels = self._shape[0] or (self.channels if isinstance(self.channels, int) else 0)
        origin, wanted = str(example.get("origin", "image")), Wanted(channels or None, self._white or None)
        value = example["input"]
        if isinstance(value, str | Path):
            value = Blob.file(Path(value), str(value))
        if isinstance(value, Blob):
            value = value.read(MAX_BYTES + 1)
        if isinstance(value, bytes | bytearray | memoryview):
            found = decode(bytes(value), origin, budget, wanted)
        elif isinstance(value, Picture.Image):
            found = shown(value, origin, wanted)
        elif isinstance(value, np.ndarray | list | tuple):
            found = from_array(value, example.get("range"), origin, wanted)
        else:
            kinds = "a path, bytes, an array or a Pillow image"
            raise DataError(110, "no image", where=origin, found=type(value).__name__, expected=kinds)
        check(example.get("label"), (found.shape[0], found.shape[1]), origin, budget)
        return {**example, "input": found}

    @property
    def placement(self) -> PicturePlacements:
        return PicturePlacements(self._learned()[1:], self._stretches, self.like)

    def like(self, other: Image) -> Image:
        """The same, of the size of another, that covers or stretches as that does, and takes its white where one of
        them knows none."""
        made = self.with_settings({})
        made._frame, made._stretches, made.size = other._frame, other._stretches, other.size
        made._shape = (self._shape[0], *other._shape[1:])
        if not (self._white and other._white):
            made.white, made._white = other.white, other._white
        return made

    def encode(self, example: contracts.Example) -> contracts.Columns:
        """The picture, or its centre, at the stored size: x uint8 [C, H, W]; and its own size."""
        channels, height, width = self._learned()
        found: np.ndarray = example["input"]
        size = found.shape[0], found.shape[1]
        if size != (height, width):
            found = resized(found, self.placement.of(size))
        found = with_channels(found, channels, str(example.get("origin", "image")))
        return {"x": np.ascontiguousarray(found.transpose(2, 0, 1)), "size": np.array(size, np.int32)}  # [C, H, W]

    def fit_stored(self, chunks: Iterable[contracts.Columns]) -> None:
        """Mean and standard deviation of each channel, of pixels in [0, 1]."""
        count, channels = 0, self._learned()[0]
        # Counting how often each of the 256 values occurs is exact, and no sum can overflow.
        counts = np.zeros((channels, 256), np.int64)
        for chunk in chunks:
            for channel in range(channels):
                counts[channel] += np.bincount(chunk["x"][:, channel].ravel(), minlength=256)
            count += len(chunk["x"])
        if count == 0:
            raise DataError(111, "no image to take mean and deviation from", expected="at least one train row")
        value = np.arange(256) / 255.0
        share = counts / counts.sum(1, keepdims=True)  # [C, 256]
        mean = share @ value
        deviation = np.sqrt((share * (value - mean[:, None]) ** 2).sum(1))
        self.mean = mean.tolist()
        self.std = np.maximum(deviation, 1 / 255).tolist()  # a constant channel must not divide by zero

    def collate(self, columns: contracts.Columns) -> contracts.Batch:
        import torch

        # torch shares the memory of the array, which take() made for this batch; it warns if that may not be written.
        return {name: torch.from_numpy(c if c.flags.writeable else c.copy()) for name, c in columns.items()}

    def ready(self, batch: contracts.Batch) -> contracts.Batch:
        """uint8 (or float 0..255) -> float32: one multiply-add."""
        import torch

        x = batch["x"].to(torch.float32)
        if self.scale == "unit":
            return {**batch, "x": x * (1 / 255)}
        mean, std = per_channel(self.mean, x), per_channel(self.std, x)
        return {**batch, "x": torch.addcmul(-mean / std, x, 1 / (255 * std))}

    def derive(self, columns: contracts.Columns) -> contracts.Columns:
        return {}

    def baseline_features(self, learned: contracts.Columns, asked: contracts.Columns) -> tuple[np.ndarray, np.ndarray]:
        return _flat(learned["x"]), _flat(asked["x"])

    @property
    def spec(self) -> Spec:
        channels, height, width = self._learned()
        key = {"channels": channels, "size": height if height == width else (height, width)}
        key |= {"fit": "stretch"} if self._stretches else {}
        key |= {"white": self._white} if self._white else {}
        empty = {"x": np.zeros(self._shape, np.uint8), "size": np.array((height, width), np.int32)}
        return Spec(self.layout, {"channels": channels, "height": height, "width": width}, key, empty)

    @property
    def augment(self) -> type[contracts.Augment]:
        from headstart.data.modalities.image.augment import ImageAugment

        return ImageAugment

    @property
    def view(self) -> PictureView:
        mean, std = ([0.0], [1.0]) if self.scale == "unit" else (self.mean, self.std)
        return PictureView(self._shape[0], mean, std)

    def with_settings(self, settings: Mapping[str, Any]) -> Image:
        """The same with other settings of what happens after storing (`scale`); the stored size cannot change."""
        for name in ("size", "fit", "channels", "white"):
            said = settings.get(name, self._settings()[name])
            if (tuple(said) if isinstance(said, list) else said) != self._settings()[name]:
                raise stored_otherwise(name, settings[name])
        made = Image(**{**self._settings(), **settings})
        made._shape, made._stretches, made._white = self._shape, self._stretches, self._white
        made.mean, made.std = self.mean, self.std
        return made

    def save(self, directory: Path) -> None:
        """preprocessor_config.json, with the field names of Hugging Face image processors."""
        channels, height, width = self._learned()
        box = {"height": height, "width": width}
        fields = {
            "image_processor_type": "ViTImageProcessor",
            "do_resize": True,
            "size": box,
            "resample": int(Picture.Resampling.BILINEAR),
            "do_center_crop": not self._stretches,
            "crop_size": box,
            "do_rescale": True,
            "rescale_factor": 1 / 255,
            "do_normalize": self.scale == "standard",
            "do_convert_rgb": channels == 3,
            "image_mean": self.mean,
            "image_std": self.std,
            "headstart": {
                "kind": "image",
                "settings": self._settings(),
                "shape": list(self._shape),
                "stretches": self._stretches,
                "white": self._white,
            },
        }
        write_whole(directory / _FILE, (json.dumps(fields, indent=2) + "\n").encode())

    @classmethod
    def load(cls, directory: Path) -> Image:
        path = directory / _FILE
        with intact(DataError(112, "the image settings cannot be read", where=path)):
            fields: Mapping[str, Any] = json.loads(path.read_text("utf-8"))
            own = fields["headstart"]
            made = cls(**own["settings"])
            channels, height, width = (int(n) for n in own["shape"])
            if channels * height * width > _LARGEST:
                raise ValueError(f"pictures of {channels} x {height} x {width}")
            made._shape, made._stretches = (channels, height, width), bool(own.get("stretches", False))
            made._white = int(own.get("white", 0))
            made.mean = [float(n) for n in fields["image_mean"]]
            made.std = [float(n) for n in fields["image_std"]]
        return made

    def _settings(self) -> dict[str, Any]:
        return {
            "size": self.size, "fit": self._frame, "channels": self.channels, "white": self.white, "scale": self.scale
        }  # fmt: skip

    def _learned(self) -> tuple[int, int, int]:
        if self._shape[1] == 0:
            raise DataError(113, "not one image can be read", expected="JPEG, PNG or another format that Pillow reads")
        return self._shape


def _flat(x: np.ndarray) -> np.ndarray:
    return x.reshape(len(x), -1).astype(np.float32) / 255
