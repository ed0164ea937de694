"""The outline of an official text: numbers, headings, levels, citations of sections."""
