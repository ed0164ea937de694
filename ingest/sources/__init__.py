"""Texts that a corpus is to hold and where they come from: ``corpus/sources.yaml``.

One list, three kinds of source: a file of the corpus folder, a data package from the registry, a
page on the web. Whatever the kind, a text goes in by the same pipeline as any file that is added.
"""
