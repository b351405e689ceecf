class CommandError(Exception):
    """What went wrong and what to do about it, in a sentence for the person at the terminal.

    `main` prints it and exits with `exit_status`: no traceback, since nothing is wrong with the program.
    """

    def __init__(self, message: str, *, exit_status: int = 1) -> None:
        super().__init__(message)
        self.exit_status = exit_status
