"""The one error that a person is told of in one line, without a traceback."""


class Refused(Exception):
    """What was seen, what is allowed, what to do."""
