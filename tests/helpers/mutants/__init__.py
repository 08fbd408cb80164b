"""Protections taken away one at a time: every table of this folder."""

from tests.helpers.mutants import archives, data, models, pages, runs, storage, texts
from tests.helpers.mutants.mutant import Mutant

MUTANTS: tuple[Mutant, ...] = (
    *storage.TABLE,
    *runs.TABLE,
    *models.TABLE,
    *texts.TABLE,
    *data.TABLE,
    *pages.TABLE,
    *archives.TABLE,
)
