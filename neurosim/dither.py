"""Which elements of a row move by less than a code where each column has a draw that the row's is added to, modulo 1.

A change moves an element only if its draw is no further from 0 or 1 than its size. In order of the columns' draws
these are neighbours: a step looks at as many elements as may move, not at all of them. Draws are whole numbers of 32
bits.
"""

# mypy: disable-error-code="no-untyped-def"
# Without annotations: their text is compiled, by itself, with the kernel that calls them.


def arrange(draws, count, shift, heads, order):
    """Columns by the upper bits of their draws, twice over: `order[heads[b]:heads[b + 1]]` are those of bits b."""
    buckets = len(heads) // 2 - 1
    heads[:] = 0
    for j in range(count):
        heads[(draws[j] >> shift) + 2] += 1
    for bucket in range(2, buckets + 2):
        heads[bucket] += heads[bucket - 1]
    for j in range(count):
        bucket = (draws[j] >> shift) + 1
        order[heads[bucket]] = j
        order[heads[bucket] + count] = j
        heads[bucket] += 1
    for bucket in range(1, buckets + 1):
        heads[buckets + bucket] = heads[bucket] + count


def move(codes, moving, factor, left, right, draws, row, reach, shift, heads, order, low, high, ends):
    """Changes a row's codes; gives how many there were, how many left the end beyond which they were to go, and whether
    any came to an end.

    Of the change `moving[j] * factor` bits 32 and up are whole codes once it is shifted. ends: by column that end.
    """
    moved, left_end, came = 0, 0, False
    begin = -(row + reach) & 4294967295
    for place in range(heads[begin >> shift], heads[((begin + 2 * reach) >> shift) + 1]):
        j = order[place]
        steps = (((moving[j] * factor << left) >> right) + ((draws[j] + row) & 4294967295)) >> 32
        if steps != 0:
            was = codes[j]
            kept = was + steps
            kept = low if kept < low else high if kept > high else kept
            if kept != was:
                moved += 1
                left_end += int(was == ends[j]) - int(kept == ends[j])
                came |= (kept == low) | (kept == high)
                codes[j] = kept
    return moved, left_end, came
