"""Ratings over time, cut into windows: worked examples."""

from __future__ import annotations

import numpy as np
import pytest

from stf2m_bench.datasets.base.continuous import emotion_at, quadrant_of, rated_windows
from stf2m_bench.errors import InputError


def test_a_window_is_the_plain_mean_of_the_ratings_stamped_in_it_however_uneven() -> None:
    seconds = [0.1, 0.2, 0.5, 0.9, 1.0, 1.4, 1.9]
    valence = [0.0, 0.0, 0.4, 0.4, -1.0, -0.5, 0.0]
    arousal = [0.0, 0.2, 0.2, 0.0, 0.5, 0.5, 0.5]
    first, second = rated_windows(seconds, valence, arousal, length=1)
    assert (first.number, first.start, first.end) == (0, 0.0, 1.0)
    assert (first.valence, first.arousal) == (pytest.approx(0.2), pytest.approx(0.1))
    assert (second.number, second.start, second.end) == (1, 1.0, 2.0)
    assert (second.valence, second.arousal) == (-0.5, 0.5)
    assert (first.quadrant, second.quadrant) == ("HVHA", "LVHA")


def test_a_lag_lets_later_ratings_speak_of_a_window_and_leaves_its_seconds_alone() -> None:
    seconds = np.arange(0, 4, 0.25)
    valence = np.where(seconds < 2, -0.5, 0.5)
    plain = list(rated_windows(seconds, valence, valence, length=1))
    late = list(rated_windows(seconds, valence, valence, length=1, lag=1))
    assert [window.valence for window in plain] == [-0.5, -0.5, 0.5, 0.5]
    assert [window.valence for window in late] == [-0.5, 0.5, 0.5]
    assert [(window.start, window.end) for window in late] == [(0, 1), (1, 2), (2, 3)]


@pytest.mark.parametrize("length", [1, 2, 4])
@pytest.mark.parametrize("lag", [0.0, 0.5, 3.0])
def test_windows_of_one_two_and_four_seconds_hold_the_mean_of_what_was_rated_a_lag_later(
    length: float, lag: float
) -> None:
    seconds = np.arange(0, 20, 0.1)
    valence, arousal = np.sin(seconds / 3), np.cos(seconds / 5)
    windows = list(rated_windows(seconds, valence, arousal, length=length, lag=lag))
    assert len(windows) == int((20 - lag) // length)
    assert [(w.start, w.end) for w in windows] == [(n * length, (n + 1) * length) for n in range(len(windows))]
    for window in windows:  # the integral of the trace over the window, a lag later
        first, last = window.start + lag, window.end + lag
        assert window.valence == pytest.approx(3 * (np.cos(first / 3) - np.cos(last / 3)) / length, abs=0.02)
        assert window.arousal == pytest.approx(5 * (np.sin(last / 5) - np.sin(first / 5)) / length, abs=0.02)


def test_exactly_the_midpoint_is_neutral_and_a_band_makes_it_wider() -> None:
    seconds = np.arange(0, 4, 0.25)
    valence, arousal = np.repeat([0.0, 0.001, 0.0, -0.2], 4), np.repeat([0.0, 0.5, -0.5, -0.1], 4)
    windows = list(rated_windows(seconds, valence, arousal, length=1))
    words = lambda band: [quadrant_of(w.valence, w.arousal, band) for w in windows]  # noqa: E731
    assert [w.quadrant for w in windows] == words(0) == ["neutral", "HVHA", "neutral", "LVLA"]
    assert words(0.001) == ["neutral", "neutral", "neutral", "LVLA"]
    assert words(0.1) == ["neutral"] * 4


def test_a_mean_that_meets_in_the_middle_is_neutral_too() -> None:
    (window,) = rated_windows([0.2, 0.5, 0.8], [-0.5, 0.0, 0.5], [0.5, 0.5, 0.5], length=1)
    assert (window.valence, window.quadrant) == (0.0, "neutral")


def test_the_quadrant_is_none_of_the_emotions_and_neutral_needs_both_at_the_midpoint() -> None:
    assert [quadrant_of(v, a) for v, a in [(1, 1), (1, -1), (-1, 1), (-1, -1)]] == ["HVHA", "HVLA", "LVHA", "LVLA"]
    assert (quadrant_of(0.9, 0.0), emotion_at(0.9, 0.0)) == ("neutral", None)
    assert (emotion_at(0.0, 0.0), emotion_at(0.5, 0.5)) == ("neutral", None)


def test_windows_with_a_hole_or_past_the_last_rating_are_left_out_and_numbers_stay() -> None:
    seconds = np.concatenate([np.arange(0, 2, 0.1), np.arange(2.7, 5.3, 0.1)])
    ratings = np.full(len(seconds), 0.5)
    assert [w.number for w in rated_windows(seconds, ratings, ratings, length=1)] == [0, 1, 3, 4]
    assert [w.number for w in rated_windows(seconds, ratings, ratings, length=2)] == [0]
    assert [w.number for w in rated_windows(seconds, ratings, ratings, length=2, longest_gap=1)] == [0, 1, 2]
    assert list(rated_windows([], [], [], length=1)) == []


def test_windows_go_on_from_where_they_are_told_to_start() -> None:
    seconds = 100 + np.arange(0, 3, 0.25)
    windows = list(rated_windows(seconds, seconds * 0, seconds * 0, length=1, first=100))
    assert [(w.number, w.start, w.end) for w in windows] == [(0, 100, 101), (1, 101, 102), (2, 102, 103)]


def test_stamps_that_do_not_rise_are_refused() -> None:
    with pytest.raises(InputError, match="rising stamps"):
        list(rated_windows([0, 1, 1], [0, 0, 0], [0, 0, 0], length=1))
    with pytest.raises(InputError, match="as many ratings of valence as of arousal"):
        list(rated_windows([0, 1, 2], [0, 0], [0, 0], length=1))
