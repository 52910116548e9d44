from __future__ import annotations

import os
import tempfile
from pathlib import Path

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from swarmd.discovery import hosts_watch
from swarmd.discovery.entry import Entry
from swarmd.discovery.hosts_watch import HostsFile
from swarmd.files.watch import INTERVAL


class HostsFileTests(SynchronousTestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name, "hosts")
        self.clock = Clock()
        self.lists: list[list[str]] = []
        self.problems: list[str] = []
        self.age = 0

    def write(self, text: str | bytes) -> None:
        """Each version is a second younger, as the file system's clock may be coarse."""
        self.path.write_bytes(text.encode() if isinstance(text, str) else text)
        self.age += 1
        os.utime(self.path, (self.age, self.age))

    def start(self) -> HostsFile:
        source = HostsFile(str(self.path), 2375, self.clock, self.take, self.problems.append)
        source.startService()
        self.addCleanup(source.stopService)
        self.source = source
        return source

    def take(self, entries: list[Entry]) -> None:
        self.lists.append([entry.address for entry in entries])

    def look(self, times: int = 2) -> None:
        self.clock.pump([INTERVAL] * times)

    def test_the_list_is_there_at_start(self) -> None:
        self.write("a\nb")
        self.start()
        self.assertEqual(self.lists, [["a:2375", "b:2375"]])

    def test_an_unchanged_file_is_read_once(self) -> None:
        self.write("a")
        self.start()
        self.look(10)
        self.assertEqual(len(self.lists), 1)

    def test_a_change_counts_once_it_looked_the_same_twice(self) -> None:
        self.write("a")
        self.start()
        self.write("a\nb")
        self.look(1)
        self.assertEqual(len(self.lists), 1)
        self.look(1)
        self.assertEqual(self.lists[1:], [["a:2375", "b:2375"]])

    def test_a_file_being_written_is_left_alone(self) -> None:
        self.write("a")
        self.start()
        for length in range(1, 6):
            self.write("b\n" * length)
            self.look(1)
        self.assertEqual(len(self.lists), 1)
        self.write("b")
        self.look()
        self.assertEqual(self.lists[1:], [["b:2375"]])

    def test_a_file_replaced_by_another_of_the_same_size_and_time(self) -> None:
        self.write("a")
        self.start()
        other = self.path.with_suffix(".new")
        other.write_text("b")
        os.utime(other, (self.age, self.age))
        other.rename(self.path)
        self.look()
        self.assertEqual(self.lists[1:], [["b:2375"]])

    def test_a_suddenly_empty_file_changes_nothing(self) -> None:
        self.write("a\nb")
        self.start()
        self.write("")
        self.look(5)
        self.assertEqual(len(self.lists), 1)
        self.assertEqual(
            self.problems,
            [f"hosts file {self.path} lists no engine; the 2 engines known before are kept"],
        )

    def test_a_file_of_bad_lines_only_changes_nothing(self) -> None:
        self.write("a")
        self.start()
        self.write("a b")
        self.look()
        self.assertEqual(len(self.lists), 1)
        self.assertIn(f"{self.path}:1: 'b' is not key=value", self.problems[0])

    def test_a_missing_file_is_reported_once_and_welcome_back(self) -> None:
        self.write("a")
        self.start()
        hidden = self.path.with_suffix(".hidden")
        self.path.rename(hidden)
        self.look(5)
        self.assertEqual(len(self.problems), 1)
        self.assertIn("No such file or directory; the 1 engines known", self.problems[0])
        hidden.rename(self.path)
        self.look()
        self.assertEqual(self.lists, [["a:2375"], ["a:2375"]])

    def test_a_file_missing_between_two_renames_is_not_noticed(self) -> None:
        self.write("a")
        self.start()
        self.path.unlink()
        self.look(1)
        self.write("a\nb")
        self.look()
        self.assertEqual(self.problems, [])
        self.assertEqual(self.lists[1:], [["a:2375", "b:2375"]])

    def test_a_file_missing_at_start_may_come_later(self) -> None:
        self.start()
        self.assertEqual(
            self.problems, [f"cannot read hosts file {self.path}: No such file or directory"]
        )
        self.write("a")
        self.look()
        self.assertEqual(self.lists, [["a:2375"]])

    def test_an_empty_file_at_start_is_an_empty_fleet(self) -> None:
        self.write("# none yet")
        self.start()
        self.assertEqual((self.lists, self.problems), ([[]], []))

    def test_bad_lines_are_reported_in_one_text_after_the_list(self) -> None:
        self.write("good\n" + "bad line\n" * 8)
        self.start()
        self.assertEqual(self.lists, [["good:2375"]])
        (problem,) = self.problems
        self.assertTrue(problem.startswith(f"{self.path}:2: 'line' is not key=value; "))
        self.assertTrue(problem.endswith("; and 3 more lines"))

    def test_nobody_leaves_while_a_line_is_wrong(self) -> None:
        self.write("a\nb\nc")
        self.start()
        self.write("a\nb zone\nd")
        self.look()
        self.assertEqual(self.lists[1:], [["a:2375", "d:2375", "b:2375", "c:2375"]])
        self.assertEqual(
            self.problems,
            [
                f"{self.path}:2: 'zone' is not key=value; no engine leaves before that is mended: "
                "b:2375, c:2375 stay"
            ],
        )
        self.write("b oops")
        self.look()
        self.assertEqual(len(self.lists), 2)  # it lists no engine
        self.write("a\nb zone=x\nd")
        self.look()
        self.assertEqual(self.lists[2:], [["a:2375", "b:2375", "d:2375"]])

    def test_who_stays_is_as_its_line_was(self) -> None:
        self.write("a zone=east\nb")
        self.start()
        given: list[Entry] = []
        self.patch(self.source, "_on_entries", given.extend)
        self.write("a zone=east zone=west\nb")
        self.look()
        self.assertEqual([one.labels for one in given], [{}, {"zone": "east"}])
        self.assertTrue(self.problems[0].endswith("a:2375 stays"))

    def test_one_that_has_moved_with_its_name_stays_at_one_address(self) -> None:
        self.write("a name=web\nb")
        self.start()
        self.write("c name=web\nb x")
        self.look()
        self.assertEqual(self.lists[1:], [["c:2375", "b:2375"]])

    def test_no_more_stay_than_a_fleet_may_have(self) -> None:
        self.patch(hosts_watch, "MOST_ADDRESSES", 3)
        self.write("a\nb\nc")
        self.start()
        self.write("d\ne\n!!")
        self.look()
        self.assertEqual(self.lists[1:], [["d:2375", "e:2375", "a:2375"]])

    def test_reread_does_not_wait(self) -> None:
        self.write("a")
        source = self.start()
        self.write("b")
        source.reread()
        self.assertEqual(self.lists[1:], [["b:2375"]])
        self.look(5)
        self.assertEqual(len(self.lists), 2)

    def test_a_byte_order_mark_and_bytes_that_are_no_text(self) -> None:
        self.write(b"\xef\xbb\xbfa\nb x=\xff\n")
        self.start()
        self.assertEqual(self.lists, [["a:2375"]])
        self.assertEqual(
            self.problems, [f"{self.path}:2: it holds characters that are no text in UTF-8"]
        )

    def test_a_huge_file_is_not_read(self) -> None:
        self.patch(hosts_watch, "LARGEST", 1 << 20)
        self.write("a")
        self.start()
        self.write("#" * ((1 << 20) + 1))
        self.look()
        self.assertEqual(len(self.lists), 1)
        self.assertIn("is larger than 1 MiB; the 1 engines", self.problems[0])

    def test_a_pipe_is_no_hosts_file_and_does_not_stop_everything(self) -> None:
        self.write("a")
        self.start()
        self.path.unlink()
        os.mkfifo(self.path)
        self.look()
        self.assertEqual(len(self.lists), 1)
        self.assertIn("it is no regular file; the 1 engines known", self.problems[0])

    def test_an_error_in_who_is_told_does_not_end_the_watch(self) -> None:
        self.write("a")
        source = self.start()
        self.patch(source, "_on_entries", lambda entries: 1 / 0)
        self.write("b")
        self.look()
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.patch(source, "_on_entries", self.take)
        self.write("c")
        self.look()
        self.assertEqual(self.lists[1:], [["c:2375"]])

    def test_stopping_leaves_no_timer(self) -> None:
        self.write("a")
        source = HostsFile(str(self.path), 2375, self.clock, self.take, self.problems.append)
        source.startService()
        source.stopService()
        self.assertEqual(self.clock.getDelayedCalls(), [])
