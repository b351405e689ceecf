"""A merchant's cash book (livro caixa) as a file: CSV for programs, XLSX and PDF for people."""
