"""The steps of :mod:`app.answer`: choosing, citing, comparing, abstaining."""
