"""Who sits before the page: the session in its cookie, the ways to sign in, and what a form must prove."""
