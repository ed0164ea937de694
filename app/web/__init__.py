"""The parts of the web page that :mod:`app.ui` puts together."""
