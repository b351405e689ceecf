"""How a page gets to the browser: who asks, in which language, with which headers."""
