"""One file for each page, named like its address."""
