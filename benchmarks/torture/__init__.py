"""What the product has to stand: kills, damage, hostile files, a crowd. ``make torture``.

See :mod:`benchmarks.torture.__main__`.
"""
