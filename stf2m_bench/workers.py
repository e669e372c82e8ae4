"""Worker processes that share out a list of jobs, and the lock that keeps two such runs apart."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import current_process, get_all_start_methods, get_context, parent_process
from multiprocessing.context import BaseContext
from pathlib import Path
from signal import SIG_BLOCK, SIG_SETMASK, SIGINT, pthread_sigmask, signal
from threading import Thread, current_thread, main_thread
from typing import Any, TypeVar

from filelock import FileLock

from stf2m_bench.errors import BenchError, CouldNotError, InputError, UsageError

Result = TypeVar("Result")


def share_out(
    work: Callable[..., Result],
    jobs: Sequence[tuple[Any, ...]],
    *,
    workers: int,
    what: str,
    libraries: Sequence[str] = (),
) -> Iterator[Result]:
    """`work(*job)` of every job as it is finished, in this process or in as many others as `workers` says.

    Workers end with this process, even where it is killed.

    Args:
        work: a module-level function. what: what is made, for the message.
        libraries: modules that the work takes long to import; where processes are forked, this is done once for all.

    Raises:
        CouldNotError: a worker was killed. BenchError: of the first job that raised one; no further job is begun.
    """
    if workers <= 1 or len(jobs) <= 1:
        for job in jobs:
            yield work(*job)
        return
    count = min(workers, len(jobs))
    with ProcessPoolExecutor(
        count, mp_context=_context((work.__module__, *libraries)), initializer=_leave_with_parent
    ) as pool:
        try:
            with _interrupts_held():
                futures = [pool.submit(_answer, work, job) for job in jobs]
            for future in as_completed(futures):
                yield future.result()
        except BrokenProcessPool as error:
            raise CouldNotError(
                f"A worker process ended early while making {what} (out of memory, or a script without"
                " `if __name__ == '__main__':`); repeat, what is finished is kept."
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)


def refuse_inside_a_worker(workers: int) -> None:
    """Stop a script whose top level runs again in a worker before it waits for itself.

    Raises:
        UsageError: says how to guard the script.
    """
    if workers > 1 and getattr(current_process(), "_inheriting", False):  # as multiprocessing itself finds it out
        raise UsageError(
            "Worker processes were asked for while a script's top level runs again in a worker;"
            " put the script's calls under: if __name__ == '__main__':"
        )


@contextmanager
def one_at_a_time(lock: Path) -> Iterator[None]:
    """Hold a lock file, made with its folder; a second process waits here.

    Raises:
        CouldNotError: the lock cannot be written.
    """
    held = FileLock(lock)
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        held.acquire()
    except OSError as error:
        raise CouldNotError(
            f"Could not write {lock} ({error.strerror or error}); make room or choose another place, then repeat."
        ) from error
    try:
        yield
    finally:
        held.release()


def _context(modules: Sequence[str]) -> BaseContext:
    """Processes forked from a clean server that has imported these modules; where there is none, started afresh."""
    if "forkserver" not in get_all_start_methods():
        return get_context("spawn")
    server = get_context("forkserver")
    server.set_forkserver_preload(list(modules))
    return server


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Ctrl-C waits until the end; processes begun meanwhile never hear of it, since this one ends them."""
    if current_thread() is not main_thread():
        yield
        return
    heard: list[int] = []
    handler = signal(SIGINT, lambda number, _frame: heard.append(number))
    mask = pthread_sigmask(SIG_BLOCK, {SIGINT})
    try:
        yield
    finally:
        pthread_sigmask(SIG_SETMASK, mask)
        signal(SIGINT, handler)
    if heard:
        raise KeyboardInterrupt


def _answer(work: Callable[..., Result], job: tuple[Any, ...]) -> Result:
    """In a worker: errors whose constructor takes more than a message do not survive the way between processes."""
    try:
        return work(*job)
    except BenchError as error:
        plain = next(kind for kind in (UsageError, InputError, CouldNotError, BenchError) if isinstance(error, kind))
        raise plain(str(error)) from None


def _leave_with_parent() -> None:
    """In a worker: end when the parent is killed, which the pool itself would not notice."""
    Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
