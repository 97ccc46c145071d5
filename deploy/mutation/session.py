"""In a copy of the checkout: one session of pytest that tries each mutant in a process of its own; a line of JSON per module."""

import gc
import json
import os
import resource
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Final, TextIO

import pytest
from hypothesis import Phase, settings
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.state import state

from deploy.mutation.made import Made, made, reached_by
from deploy.mutation.tried import Ending, Tried

_PLAIN: Final = ("--assert=plain", "-p", "no:cacheprovider")
"""Nobody reads what an assertion compared, so no time goes into it."""

ASKED: Final = ("tests/benefits", "tests/bank", "--ignore=tests/benefits/test_benefits_crashes.py", "-q", "--timeout=0", *_PLAIN)
"""Without the tests that kill a run at every write: seconds each, and they notice nothing that quicker ones do not."""

MOST_SECONDS: Final = 8
"""Of CPU, of the tests that reach a function: what those that fit into it do not notice counts as not noticed."""

_CPU_SECONDS: Final = 20
_WALL_SECONDS: Final = 120
_CORES: Final = len(os.sched_getaffinity(0))
_ENDINGS: Final[dict[int, Ending]] = {0: "lived", -signal.SIGXCPU: "no end", -signal.SIGKILL: "no end", -signal.SIGALRM: "no end"}


@dataclass(eq=False)  # pytest keeps its plugins in sets
class Trial:
    """Runs every test once to see what it reaches, then for each mutant those that reach it until one fails."""

    modules: Sequence[Made]
    tell: TextIO
    in_child: bool = False
    failed: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    width: dict[str, int] = field(default_factory=dict)
    reach: dict[str, list[pytest.Item]] = field(default_factory=lambda: defaultdict(list))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Instead of pytest's own loop."""
        self._look(session.items)
        if not (self.failed or session.testsfailed):
            gc.collect()
            gc.freeze()
            gc.disable()  # pages that nobody writes are shared with every child
            for module in self.modules:
                print(f"\n{json.dumps(asdict(self._tried(module)))}", file=self.tell, flush=True)
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, call: pytest.CallInfo[None]) -> None:
        """A mutant is noticed by the first test that fails; nobody reads how it did, so that is not written out."""
        if self.in_child and call.excinfo is not None:
            os._exit(1)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Without any mutant: no test may fail."""
        if report.failed:
            self.failed.append(report.nodeid)

    def _look(self, items: Sequence[pytest.Item]) -> None:
        set_mutant_under_test("stats")
        for item, following in zip(items, [*items[1:], None], strict=True):
            began = time.process_time()
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            self.seconds[item.nodeid] = time.process_time() - began
            self.width[item.nodeid] = len(state()._stats)  # noqa: SLF001 - mutmut's own list of what was called
            for function in state()._stats:  # noqa: SLF001 - the same
                self.reach[function].append(item)
            state()._stats.clear()  # noqa: SLF001 - the same
        set_mutant_under_test("")

    def _tried(self, module: Made) -> Tried:
        ended = dict(self._endings(module.names))
        lived = [module.said(name) for name, ending in ended.items() if ending == "lived"]
        return Tried(module.module, dict(Counter(ended.values())), lived)

    def _endings(self, names: Iterable[str]) -> Iterator[tuple[str, Ending]]:
        """Each mutant with what became of it; as many are tried at once as there are cores."""
        running: dict[int, str] = {}
        for name in names:
            tests = self._nearest(name)
            if not tests:
                yield name, "lived"
                continue
            if len(running) == _CORES:
                yield _ended(running)
            pid = os.fork()
            if not pid:
                self._notice(name, tests)
            running[pid] = name
        while running:
            yield _ended(running)

    def _nearest(self, name: str) -> list[pytest.Item]:
        """Tests that reach little else come first, as they are about this, and quick ones, so that many of them fit."""
        tests: list[pytest.Item] = []
        spent = 0.0
        for item in sorted(self.reach[reached_by(name)], key=lambda each: self.width[each.nodeid] * self.seconds[each.nodeid]):
            if not tests or spent + self.seconds[item.nodeid] <= MOST_SECONDS:
                tests.append(item)
                spent += self.seconds[item.nodeid]
        return tests

    def _notice(self, name: str, tests: Sequence[pytest.Item]) -> None:
        """The child: ends with 1 at the first test that fails, with 0 where none does, and is ended where it does not end."""
        self.in_child = True
        resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS + 1))
        signal.alarm(_WALL_SECONDS)
        try:
            set_mutant_under_test(name)
            tests[0].config.pluginmanager.unregister(name="terminalreporter")
            for item, following in zip(tests, [*tests[1:], None], strict=True):
                item._initrequest()  # type: ignore[attr-defined]  # noqa: SLF001 - as plugins that run a test again do
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        except BaseException:  # noqa: BLE001 - whatever a mutant breaks is noticed
            os._exit(1)
        os._exit(0)


def _ended(running: dict[int, str]) -> tuple[str, Ending]:
    """Waits for the first child that ends; each has a limit of its own."""
    while (ended := os.wait())[0] not in running:
        pass
    pid, status = ended
    return running.pop(pid), _ENDINGS.get(os.waitstatus_to_exitcode(status), "killed")


def main(modules: Sequence[str]) -> int:
    """Tries the mutants of these modules; not 0 where the tests fail without any."""
    settings.register_profile("mutants", derandomize=True, database=None, deadline=None, phases=(Phase.explicit, Phase.generate))
    settings.load_profile("mutants")
    with os.fdopen(os.dup(1), "w") as tell:
        trial = Trial([made(module) for module in modules], tell)
        return int(pytest.main([*ASKED], plugins=[trial]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
