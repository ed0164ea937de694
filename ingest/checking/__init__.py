"""What ``check`` looks at, part by part, and how each damage is mended."""
