"""Small files that would unpack to far more than they are, of every format that is read."""

from tests.helpers.bombs import arrays, pictures, recordings, sounds, texts

BOMBS = (*texts.BOMBS, *arrays.BOMBS, *pictures.BOMBS, *sounds.BOMBS, *recordings.BOMBS)
