"""The fluxo command: topology, supervisor, embedded servers, and every API action from the shell."""
