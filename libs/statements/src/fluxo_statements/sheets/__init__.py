"""Tables of any columns, from CSV or XLSX: what columns mean, how days and amounts are written, what a row is."""
