"""The runner that lets a Dask cluster answer: processes of this machine, or a scheduler that is there already.

Workers need not share a disk: answers come back to the client, which keeps them as they arrive. A piece of work whose
worker dies is given to another one. What a worker computes with must be what the client has, or it is refused:
neurosim and the libraries below it, and files of the user's own, by their content.
"""

from __future__ import annotations

import platform
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from neurosim.answering import Answer, Here, Runner, Work
from neurosim.engine import Progress
from neurosim.errors import NeurosimError
from neurosim.experiment import code_digest
from neurosim.results import versions

if TYPE_CHECKING:
    from distributed import Client

TIMEOUT = "5s"
"""How long a scheduler has to answer."""

_BUSY = threading.Lock()
"""One piece of work at a time in a worker process: each uses all its cores, and simulators keep state of their own."""


@dataclass(frozen=True)
class Cluster:
    """The runner on the workers of a Dask client."""

    client: Client

    @property
    def width(self) -> int:
        """Twice the threads of a worker, so that all have work to the end."""
        return 2 * max(self.client.nthreads().values(), default=1)

    @property
    def workers(self) -> int:
        """How many there are now."""
        return len(self.client.nthreads())

    def run(self, work: Sequence[Work[Answer]], progress: Progress) -> Iterator[Sequence[Answer]]:
        """All pieces at once, each handed on as it ends. Raises `NeurosimError` if one can be answered by no worker."""
        from distributed import as_completed

        futures = {self.client.submit(_answers, each, each.digest, pure=False): each for each in work}
        ended = as_completed(list(futures), loop=self.client.loop)
        for future in ended:
            answers: Sequence[Answer] = _result(future)
            progress(futures.pop(future).trials)
            yield answers


@contextmanager
def opened(workers: int | None = None, scheduler: str | None = None) -> Iterator[Runner]:
    """The runner on `workers` processes of this machine, on the cluster of a scheduler, or, with neither, here.

    Raises `NeurosimError` if both are asked for, Dask is not installed, nobody answers, or the workers that are there
    compute with something else.
    """
    if workers is not None and scheduler is not None:
        raise NeurosimError(
            "--workers starts processes here and --scheduler uses those of a cluster; give one of the two"
        )
    if workers is None and scheduler is None:
        yield Here()
    else:
        with _local(workers) if workers is not None else _remote(str(scheduler)) as client:
            _check(client)
            yield Cluster(client)


@contextmanager
def _local(workers: int) -> Iterator[Client]:
    if workers < 1:
        raise NeurosimError(f"{workers} workers; there must be at least 1")
    distributed = _distributed()
    cluster = distributed.LocalCluster(
        n_workers=workers, threads_per_worker=1, dashboard_address=None, memory_limit=0, silence_logs="CRITICAL"
    )
    with cluster, distributed.Client(cluster, set_as_default=False) as client:
        yield client


@contextmanager
def _remote(address: str) -> Iterator[Client]:
    distributed = _distributed()
    try:
        client = distributed.Client(address, timeout=TIMEOUT, set_as_default=False)
    except Exception as error:  # whatever it is that answers there, if anything does
        raise NeurosimError(
            f"no scheduler answers at {address!r} ({type(error).__name__}); give the address that `dask scheduler` "
            "prints, such as tcp://10.0.0.1:8786"
        ) from None
    with client:
        yield client


def _distributed() -> Any:
    try:
        import distributed
    except ModuleNotFoundError as error:
        raise NeurosimError(
            f"{error}; --workers and --scheduler need: pip install 'neurosim-onchip[cluster]'"
        ) from None
    return distributed


def _check(client: Client) -> None:
    """Raise `NeurosimError` if a worker that is there computes with something else than this process."""
    try:
        found = client.run(computed_with)
    except Exception as error:
        raise NeurosimError(f"the workers cannot run neurosim ({error}); install it there as it is here") from None
    here = computed_with()
    for worker, there in found.items():
        for name in here:
            if there.get(name) != here[name]:
                raise NeurosimError(
                    f"the worker at {worker} has {name} {there.get(name)}, here it is {here[name]}; numbers could "
                    "differ: install the same on both"
                )


def computed_with() -> dict[str, str | None]:
    """What decides the numbers of this process: neurosim's code, and versions."""
    return {"neurosim's code": code_digest()[:16], "python": platform.python_version(), **versions()}


def _answers(work: Work[Answer], digest: str) -> Sequence[Answer]:
    """In a worker: the answers to a piece of work, if its question means the same here as where it was asked."""
    with _BUSY:
        if _digest(work) != digest:
            raise NeurosimError(
                "a worker finds other code of neurosim, or other content in a file that the question names; let all "
                "see the same files under the same names"
            )
        return work.answers(lambda trials: None)


def _digest(work: Work[Answer]) -> str:
    try:
        return work.digest
    except OSError as error:
        raise NeurosimError(f"a worker does not find {error.filename!r}; let all see the same files") from None


def _result(future: Any) -> Any:
    """The answers of a future that is over."""
    from distributed import KilledWorker
    from distributed.client import FutureCancelledError

    try:
        return future.result()
    except KilledWorker:
        raise NeurosimError(
            "a run ended every worker that it was given to, as it does when memory runs out; finished runs are kept"
        ) from None
    except FutureCancelledError:
        raise NeurosimError(
            "the connection to the cluster was lost; finished runs are kept, and the same command goes on from them"
        ) from None
