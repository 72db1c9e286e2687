"""The pairs of names whose words may add up to a score: one pass over an inverted index, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit

# Two words written as one answer a single one only if they are nearly it.
JOINED_LEAST = 0.8


@njit(cache=True)
def reachable(  # type: ignore[no-untyped-def]  # arrays of numba's own typing
    asked, similar, postings, totals, persons, costs, least
):
    """The numbers of asked and of listed names whose summed words reach a score of ``least``: two arrays.

    ``asked``: name, weight, joined, and first and last row in ``similar``, sorted by name. ``similar``: number of the
    listed word and alikeness. ``postings``: number of the word, name, weight and joined, sorted by word. ``totals``:
    the weight of each asked and of each listed name. ``costs``: those of firms and of persons.
    """
    name, weight, joined, first, last = asked
    word, alike = similar
    posted, listed, listed_weight, listed_joined = postings
    words = int(posted[-1]) + 1
    starts = np.searchsorted(posted, np.arange(words + 1))
    common = np.zeros(len(totals[1]))
    left_common = np.zeros(len(totals[1]))
    right_common = np.zeros(len(totals[1]))
    touched = np.empty(len(totals[1]), np.int64)
    found_left, found_right = np.empty(1024, np.uint32), np.empty(1024, np.uint32)
    found = 0
    row = 0
    while row < len(name):
        asking = name[row]
        count = 0
        while row < len(name) and name[row] == asking:
            for at in range(first[row], last[row]):
                for spot in range(starts[word[at]], starts[word[at] + 1]):
                    joins = joined[row] or listed_joined[spot]
                    if joins and (alike[at] <= JOINED_LEAST or (joined[row] and listed_joined[spot])):
                        continue
                    right = listed[spot]
                    if right_common[right] == 0.0:
                        touched[count] = right
                        count += 1
                    common[right] += alike[at] * (weight[row] + listed_weight[spot]) / 2
                    left_common[right] += weight[row]
                    right_common[right] += listed_weight[spot]
            row += 1
        unlike_cost, conflict_cost, extra_cost, _ = costs[int(persons[asking])]
        for index in range(count):
            right = touched[index]
            left_alone = max(0.0, totals[0][asking] - left_common[right])
            right_alone = max(0.0, totals[1][right] - right_common[right])
            against = conflict_cost * 2 * min(left_alone, right_alone) + extra_cost * abs(left_alone - right_alone)
            unlike = max(0.0, (left_common[right] + right_common[right]) / 2 - common[right])
            bound = min(unlike * unlike_cost, unlike_cost * common[right])
            if common[right] >= least * (common[right] + against + 0.5 * bound):
                if found == len(found_left):
                    found_left = np.concatenate((found_left, np.empty(found, np.uint32)))
                    found_right = np.concatenate((found_right, np.empty(found, np.uint32)))
                found_left[found] = asking
                found_right[found] = right
                found += 1
            common[right] = 0.0
            left_common[right] = 0.0
            right_common[right] = 0.0
    return found_left[:found], found_right[:found]
