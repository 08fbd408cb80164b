"""What the name of a file says about what is in it."""

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

IMAGES = frozenset((
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".bmp", ".dib", ".webp", ".tif", ".tiff", ".tga", ".ppm", ".pgm",
    ".pbm", ".pnm", ".jp2", ".j2k", ".avif", ".ico", ".msp", ".mpo", ".heic", ".heif",
))  # fmt: skip
SOUNDS = frozenset((
    ".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aiff", ".aif", ".au", ".w64", ".caf", ".sph",
))  # fmt: skip
PACKED = (".gz", ".zst", ".bz2", ".xz")
MEDIA = IMAGES | SOUNDS
TEXTS = (".txt", ".text")
SEQUENCES = (".fasta", ".fa", ".fas", ".fna", ".ffn", ".faa", ".frn", ".fsa", ".fastq", ".fq")
_FIELD = re.compile(r"name:([1-9]\d?)")
_DATABASE = re.compile(r"(sqlite|postgres(ql)?|mysql|mariadb|mssql|oracle|duckdb)(\+\w+)?://", re.IGNORECASE)
_USER = re.compile(r"^(\w+(?:\+\w+)?://)[^/]*@")
_SECRET = re.compile(r"([?&](?:user|username|password|passwd|pwd|sslpassword|token|odbc_connect)=)[^&]*", re.IGNORECASE)
_BETWEEN = re.compile(r"[\s._-]+")
_ADDRESS = re.compile(r"\s*(https?|ftp|s3|gs)://\S+\s*", re.IGNORECASE)
_PICTURED = re.compile(r"\s*(image|img|picture|photo)s?[ _-]?(ur[il]|link|address)?s?\s*", re.IGNORECASE)
_TABLE = "save the sheet as .csv, or read it with pandas.read_excel and give the DataFrame"
_PICTURE = "convert it to JPEG: heif-convert FILE.heic FILE.jpg, or export it as JPEG from the phone"
_SOUND = "convert it to FLAC: ffmpeg -i FILE FILE.flac"
_TEXT = "take out its text: pdftotext FILE.pdf FILE.txt"
_WRITTEN = "save it as plain text, .txt"
_CONVERSIONS = {
    **dict.fromkeys((".xls", ".xlsb", ".ods"), _TABLE), **dict.fromkeys((".heic", ".heif"), _PICTURE),
    **dict.fromkeys((".m4a", ".aac", ".wma", ".amr", ".webm", ".mp4"), _SOUND), ".pdf": _TEXT,
    **dict.fromkeys((".docx", ".doc", ".odt", ".rtf"), _WRITTEN),
}  # fmt: skip


def is_hub(name: str) -> bool:
    """Is this `hf:org/name`, a data set of the Hugging Face hub, or `hf:./folder`, a folder laid out like one?"""
    return name.startswith("hf:") and len(name) > 3 and not any(letter.isspace() for letter in name)


def is_database_url(name: str) -> bool:
    """Is this the address of a database, as `sqlite:///clients.db?table=clients`?"""
    return _DATABASE.match(name) is not None


def without_password(name: str) -> str:
    """An address without the name and the password of a user."""
    return _SECRET.sub(r"\1***", _USER.sub(r"\1", name)) if is_database_url(name) else name


def is_no_path(name: str) -> bool:
    """Is this the name of a source that is no path: of the hub, or of a database?"""
    return is_hub(name) or is_database_url(name)


def is_text_file(name: str) -> bool:
    """Is this the name of a text file, plain or compressed?"""
    return name.lower().removesuffix(".gz").removesuffix(".zst").endswith(TEXTS)


def is_sequence_file(name: str) -> bool:
    """Is this the name of a FASTA or FASTQ file, plain or compressed?"""
    lower = name.lower()
    return next((lower.removesuffix(end) for end in PACKED if lower.endswith(end)), lower).endswith(SEQUENCES)


def is_image_file(name: str) -> bool:
    """Is this the name of a picture?"""
    return PurePosixPath(name).suffix.lower() in IMAGES


def has_known_name(name: str) -> bool:
    """Does the name say that it is a picture, a sound or a text?"""
    return is_text_file(name) or PurePosixPath(name).suffix.lower() in MEDIA


def is_address(text: str) -> bool:
    """Is this an address of the web, or of a store such as s3?"""
    return _ADDRESS.fullmatch(text) is not None


def names_pictures(column: str) -> bool:
    """Is a column of such a name about pictures: "image", "photo_url"?"""
    return _PICTURED.fullmatch(column) is not None


def is_sound_file(name: str) -> bool:
    """Is this the name of a sound?"""
    return PurePosixPath(name).suffix.lower() in SOUNDS


def conversion(name: str) -> str:
    """How a file of a kind that is not read becomes one that is; "" for any other."""
    return _CONVERSIONS.get(PurePosixPath(name).suffix.lower(), "")


def field_asked(text: str | None) -> int | None:
    """The field of file names that `name:2` asks for, counted from 1; None for anything else."""
    match = _FIELD.fullmatch(text or "")
    return None if match is None else int(match[1])


def name_fields(name: str) -> list[str]:
    """The parts of a file's name, without its folders and its ending: 7_george_12.wav has 7, george and 12."""
    return [field for field in _BETWEEN.split(PurePosixPath(name).stem) if field]


def field_columns(names: Iterable[str]) -> dict[int, tuple[str, ...]]:
    """Each field of these file names, counted from 1; {} unless all of them have as many, two at least."""
    rows = [name_fields(name) for name in names]
    if len({len(fields) for fields in rows}) != 1 or len(rows[0]) < 2:
        return {}
    return dict(enumerate(zip(*rows, strict=True), 1))
