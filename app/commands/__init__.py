"""The commands of ``python -m app``, one module each: ``add_to`` describes it, ``run`` does it."""
