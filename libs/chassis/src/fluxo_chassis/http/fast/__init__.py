"""Ways past the framework, for the requests that come most. Each hands on what is not plain."""
