"""What tests of all rooms share: systems and processes that end with the tests, servers, clients, waiting."""
