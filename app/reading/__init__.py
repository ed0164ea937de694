"""Reading: question and text together, by a pretrained model."""
