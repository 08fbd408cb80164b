"""Bad sounds, as files, in folders and in tables."""

# ruff: noqa: E501 (a golden line stays on one line)

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

import headstart as hs
from tests.helpers.badinput.case import Build, Call, Case, nothing, put
from tests.helpers.sounds import encoded, sound

PREPARE = "prepare in --out out --quiet"
GOOD = {f"in/good{n}.wav": encoded(sound(2000, n)) for n in range(2)}
TABLE = {"good0.wav": encoded(sound(2000)), "good1.wav": encoded(sound(2400, 1))}


def beside(name: str, data: bytes) -> Build:
    """A bad sound in a folder with two good ones."""
    return put({**GOOD, f"in/{name}": data})


def wav(rate: int = 8000, channels: int = 1, samples: bytes = bytes(400), size: int | None = None) -> bytes:
    """A WAV file with these words in its header, whatever follows."""
    form = struct.pack("<HHIIHH", 1, channels, rate, min(rate * 2 * channels, 2**32 - 1), min(2 * channels, 65535), 16)
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form
    body += b"data" + struct.pack("<I", len(samples) if size is None else size) + samples
    return b"RIFF" + struct.pack("<I", len(body)) + body


def endless_flac() -> bytes:
    """A FLAC file whose header says that it has as many samples as a header can say."""
    data = bytearray(encoded(sound(2000), "FLAC"))
    data[21] |= 0x0F
    data[22:26] = b"\xff\xff\xff\xff"
    return bytes(data)


def listed(rows: str) -> Build:
    """A table of parts of two recordings."""
    return put({"in.csv": f"file,start,end,label\n{rows}", **TABLE})


def made_of(value: object) -> Call:
    """A Python call that prepares one such sound."""

    def call(place: Path) -> object:
        return hs.prepare([value], out=place / "out", modality="audio")

    return call


CASES: list[Case] = [
    Case("a name without the field of its label", beside("7.wav", encoded(sound(2000, 7))), "prepare in --target name:2 --out out --quiet", "error[HS-D540]: 7.wav: the name of a file has no such field: found 1 field, expected field 2 for --target name:2. fix: name another field, or move the file away", 65, "audio folder"),
    Case("empty sound", beside("e.wav", b""), PREPARE, 'error[HS-D485]: e.wav: the sound file is empty: found 0 bytes. fix: replace the file or prepare with --skip-bad', 65, "audio folder"),
    Case("text called .wav", beside("t.wav", b"hello, this is no sound"), PREPARE, "error[HS-D486]: t.wav: not a sound that can be read: found 23 bytes, first b'hello, t'. fix: replace the file or prepare with --skip-bad", 65, "audio"),
    Case("picture called .mp3", beside("t.mp3", b"\x89PNG\r\n\x1a\n" + bytes(99)), PREPARE, "error[HS-D486]: t.mp3: not a sound that can be read: found 107 bytes, first b'\\x89PNG\\r\\n\\x1a\\n'. fix: replace the file or prepare with --skip-bad", 65, "audio"),
    Case("WAV of its first bytes", beside("t.wav", GOOD["in/good0.wav"][:20]), PREPARE, "error[HS-D487]: t.wav: the sound is broken: found Error in WAV/W64/RF64 file. Malformed 'fmt ' chunk. fix: replace the file or prepare with --skip-bad", 65, "audio"),
    Case("WAV of its header", beside("t.wav", GOOD["in/good0.wav"][:44]), PREPARE, 'error[HS-D488]: t.wav: the sound has no samples: found 0 samples. fix: replace the file or prepare with --skip-bad', 65, "audio"),
    Case("half a FLAC", beside("t.flac", encoded(sound(20_000), "FLAC")[:9000]), PREPARE, 'error[HS-D487]: t.flac: the sound is broken: found flac decoder lost sync. fix: replace the file or prepare with --skip-bad', 65, "audio"),
    Case("WAV of no rate", beside("t.wav", wav(rate=0)), PREPARE, 'error[HS-D487]: t.wav: the sound is broken: found Internal error : SF_INFO struct incomplete. fix: replace the file or prepare with --skip-bad', 65, "audio"),
    Case("WAV of 7 samples a second", beside("t.wav", wav(rate=7)), PREPARE, 'error[HS-D490]: t.wav: no sound has so many samples a second: found 7, expected 1,000 to 768,000. fix: replace the file or prepare with --skip-bad', 65, "audio"),
    Case("WAV of no channels", beside("t.wav", wav(channels=0)), PREPARE, 'error[HS-D487]: t.wav: the sound is broken: found Channel count is zero. fix: replace the file or prepare with --skip-bad', 65, "audio"),
    Case("WAV of 200 channels", beside("t.wav", wav(channels=200, samples=bytes(800))), PREPARE, 'error[HS-D491]: t.wav: the sound has too many channels: found 200 channels, expected at most 64. fix: replace the file or prepare with --skip-bad', 65, "audio"),
    Case("WAV of NaN", beside("t.wav", encoded(np.full(900, np.nan, np.float32), "WAV", "FLOAT")), PREPARE, 'error[HS-D492]: t.wav: samples must be finite: found NaN or infinity. fix: replace the file or prepare with --skip-bad', 65, "audio"),
    Case("MIDI called .wav", beside("t.wav", b"FORM" + struct.pack(">I", 4) + b"8SVX"), PREPARE, 'error[HS-D487]: t.wav: the sound is broken: found Error in 8SVX / 16SV file, no sound data. fix: replace the file or prepare with --skip-bad', 65, "audio"),
    Case("one folder of broken sounds", put({"in/a.wav": b"RIFF", "in/b.wav": b"RIFF"}), PREPARE, 'error[HS-D487]: a.wav: the sound is broken: found Format not recognised. fix: replace the file or prepare with --skip-bad', 65, "folder"),
    Case("one broken sound", put({"x.wav": b"RIFF"}), "prepare x.wav --out out --quiet", 'error[HS-D487]: x.wav: the sound is broken: found Format not recognised. fix: replace the file or prepare with --skip-bad', 65, "file"),
    Case("a part behind the end", listed("good0.wav,0,0.2,a\ngood1.wav,9,10,b\n"), "prepare in.csv --out out --quiet", 'error[HS-D493]: good1.wav: the part is not in the recording: found 9 to 10 seconds, expected within 0 to 0.3. fix: give seconds from the beginning of the file, start before end, or prepare with --skip-bad', 65, "audio csv"),
    Case("a part that ends before it starts", listed("good0.wav,0.2,0.1,a\ngood1.wav,0,0.1,b\n"), "prepare in.csv --out out --quiet", 'error[HS-D493]: good0.wav: the part is not in the recording: found 0.2 to 0.1 seconds, expected within 0 to 0.25. fix: give seconds from the beginning of the file, start before end, or prepare with --skip-bad', 65, "audio csv"),
    Case("a part from no moment", listed("good0.wav,soon,0.1,a\ngood1.wav,0,0.1,b\n"), "prepare in.csv --out out --quiet", "error[HS-D494]: good0.wav: 'start' is no moment: found 'soon', expected seconds. fix: give seconds from the beginning of the file, start before end, or prepare with --skip-bad", 65, "audio csv"),
    Case("an event without a label", listed("good0.wav,0,0.2,\ngood1.wav,0,0.1,b\n"), "prepare in.csv --gather --out out --quiet", "error[HS-D518]: good0.wav: an event has no label: found {'start': 0.0, 'end': 0.2}. fix: write the label, leave start and end empty where nothing is heard, or prepare with --skip-bad", 65, "audio csv"),
    Case("events of one recording in two parts", put({**TABLE, "in.csv": "file,start,end,label,split\ngood0.wav,0,0.1,a,train\ngood1.wav,0,0.1,b,test\ngood0.wav,0.1,0.2,a,test\n"}), "prepare in.csv --gather --out out --quiet", "error[HS-D514]: good0.wav: a recording is in two parts: found test and train. fix: give all rows of a recording one part", 65, "audio csv"),
    Case("a number in a column of sounds", put({"in.jsonl": '{"audio": 5, "label": "a"}\n'}), "prepare in.jsonl --input audio --modality audio --out out --quiet", "error[HS-D499]: in.jsonl:1: no sound: found int, expected a path, bytes, an array, or {'array': ..., 'sampling_rate': ...}", 65, "audio jsonl"),
    Case("FLAC of 19 hours in no bytes", beside("t.flac", endless_flac()), PREPARE, 'error[HS-D489]: t.flac: the sound unpacks to far more than sounds do: found 68,719,476,735 samples in 2,798 bytes. fix: replace the file or prepare with --skip-bad', 65, "audio"),
    Case("a sound of four sides", nothing, made_of(np.zeros((2, 2, 2, 2))), 'error[HS-D497]: array#0: an array of this shape is no sound: found [2, 2, 2], expected numbers [samples] or [samples, channels]', 65, "audio"),
    Case("two transcripts of one sound", put({**GOOD, "in/a.trans.txt": "good0 ONE\n", "in/b.trans.txt": "good0 TWO\n"}), PREPARE, "error[HS-D436]: good0.wav: two lines say what is said in one recording: found a.trans.txt:1 and b.trans.txt:1. fix: write a table with the columns file and transcript", 65, "transcripts"),
    Case("a broken sound with a transcript", put({"in/a.trans.txt": "x ONE\n", "in/x.wav": b"RIFF"}), PREPARE, "error[HS-D487]: x.wav: the sound is broken: found Format not recognised. fix: replace the file or prepare with --skip-bad", 65, "transcripts"),
    Case("a list of LJ Speech beside an empty sound", put({"in/metadata.csv": "x|One.|One.\n", "in/wavs/x.wav": b""}), PREPARE, "error[HS-D485]: wavs/x.wav: the sound file is empty: found 0 bytes. fix: replace the file or prepare with --skip-bad", 65, "transcripts"),
    Case("a transcript of a recording longer than a row", put({"in.csv": "file,transcript\nlong.wav,what is said\nb.wav,and more of it\nc.wav,the third one\n", "long.wav": encoded(sound(33 * 8000)), "b.wav": encoded(sound(9000)), "c.wav": encoded(sound(9100))}), "prepare in.csv --target transcript --out out --quiet", "error[HS-D513]: long.wav: the recording is longer than a row, and its transcript cannot be cut: found 33.0 seconds, expected at most 30. fix: prepare with modality.seconds=33, or give parts", 65, "audio csv"),
    Case("a rate of a million", put(GOOD), f"{PREPARE} modality.rate=1000000", 'error[HS-R485]: audio.rate: the rate is out of range: found 1000000, expected 1000 to 768000', 78, "audio"),
    Case("rows of no length", put(GOOD), f"{PREPARE} modality.seconds=0", 'error[HS-R486]: audio.seconds: the length is out of range: found 0.0, expected 0.05 to 600', 78, "audio"),
    Case("two bands", put(GOOD), f"{PREPARE} modality.mels=2", 'error[HS-R487]: audio.mels: the number of bands is out of range: found 2, expected 8 to 256', 78, "audio"),
]  # fmt: skip
