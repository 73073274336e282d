"""Does the board count, list and balance what several processes hold, and forget what is gone?"""

from __future__ import annotations

import os

from lumenarc.transport.board import AssociationInfo, Board


def test_seats_count_and_list_together() -> None:
    board = Board(3, 4)
    first, last = board.seat(0), board.seat(2)
    numbers = [first.new_id(), first.new_id(), last.new_id()]
    assert len(set(numbers)) == 3
    for seat, number, host in ((first, numbers[0], "10.0.0.1"), (first, numbers[1], "::1"), (last, numbers[2], "::1")):
        seat.take(number, host, 5.0)
    assert (board.n_open(), board.n_of_host("::1"), board.n_of_host("10.0.0.1"), board.n_of_host("10")) == (3, 2, 1, 0)
    assert board.entries() == []  # counted, and not established yet
    info = AssociationInfo(numbers[2], "SIXTEEN_LETTERS_", "ARCHIVE", "::1", 5.0, 7, "C-STORE")
    assert not last.tell(info)
    assert board.entries() == [info]
    first.leave(numbers[0])
    first.leave(numbers[0])
    assert board.n_open() == 2
    board.clear(2)
    assert (board.n_open(), board.entries()) == (1, [])


def test_places_are_used_again() -> None:
    seat = Board(1, 2).seat()
    for _ in range(10):
        one, two = seat.new_id(), seat.new_id()
        seat.take(one, "a", 0.0)
        seat.take(two, "b", 0.0)
        assert seat.board.n_open() == 2
        seat.leave(one)
        seat.leave(two)
    assert seat.board.n_open() == 0


def test_who_has_more_yields() -> None:
    board = Board(2, 9)
    one, two = board.seat(0), board.seat(1)
    assert not one.is_alone and not one.should_yield() and not two.should_yield()
    one.set_waiting(1)
    assert one.should_yield() and not two.should_yield()
    two.take(two.new_id(), "a", 0.0)
    assert not one.should_yield() and not two.should_yield()
    assert Board(1, 9).seat().is_alone


def test_another_process_can_have_one_cut() -> None:
    board = Board(2, 3)
    seat = board.seat(1)
    number = seat.new_id()
    info = AssociationInfo(number, "A", "B", "h", 1.0, 0, "idle")
    seat.take(number, "h", 1.0)
    child = os.fork()
    if child == 0:
        os._exit(0 if board.ask_to_cut(number) and not board.ask_to_cut(99) and not board.ask_to_cut(0) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert [seat.tell(info), seat.tell(info)] == [True, False]
    assert board.ask_to_cut(number)
    seat.leave(number)
    again = seat.new_id()
    seat.take(again, "h", 1.0)
    assert not seat.tell(AssociationInfo(again, "A", "B", "h", 1.0, 0, "idle"))
