class UnreadableFileError(Exception):
    """The file as a whole can't be read; its message is a sentence for a person: what was found, what to do."""
