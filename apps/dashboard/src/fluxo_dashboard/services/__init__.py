"""The two services over HTTP, as the pages ask them."""
