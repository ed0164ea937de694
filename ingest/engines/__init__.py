"""Who makes files ready for the index: processes of this machine, or a Ray cluster."""
