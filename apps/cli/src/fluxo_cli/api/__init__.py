"""The services over HTTP, as the commands ask them."""
