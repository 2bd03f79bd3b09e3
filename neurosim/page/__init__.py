"""A folder of results as one page: `report.html`, which needs no network and no other file.

Results are read and checked (`given`, `curves`, `compared`, `gathered`) into a `record`; the answer in words, charts
and tables are made of it as plain values; the templates write them down, escaping every text. Results may come from
anybody: nothing of them is run, and the page's policy lets no script run but its own.
"""

from __future__ import annotations

from pathlib import Path

from neurosim.atomic import write_whole
from neurosim.errors import NeurosimError
from neurosim.page import compared, gathered
from neurosim.page.rendering import rendered
from neurosim.results import check_format

FILE = "report.html"


def write(folder: Path) -> Path:
    """Write the page of a folder of results into it; where it is.

    Raises `NeurosimError` if there is nothing to show, or what there is cannot be read.
    """
    if not folder.is_dir():
        raise NeurosimError(f"{folder} is no folder; name one that `neurosim compare --out` wrote")
    check_format(folder)
    record = (compared if (folder / compared.FILE).exists() else gathered).record(folder)
    path, text = folder / FILE, rendered(record).encode()
    try:
        write_whole(path, lambda file: file.write(text))
    except OSError as error:
        raise NeurosimError(f"cannot write {path} ({error.strerror}); make the folder one that can be") from None
    return path
