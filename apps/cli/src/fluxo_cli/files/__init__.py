"""Files of entries and days, in and out."""
