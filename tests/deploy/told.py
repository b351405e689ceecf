"""What a process makes of the environment that compose or the chart gives it."""

import os
from collections.abc import Mapping
from unittest.mock import patch

from fluxo_chassis.settings import PREFIX, ProcessSettings
from pydantic import ValidationError

from deploy import settings_page

PROCESSES = {settings.process: settings for settings in settings_page.PROCESSES}


def complaints(settings: type[ProcessSettings], environment: Mapping[str, str]) -> list[str]:
    """What is wrong with it: variables that the process does not know, that it lacks, or that it refuses."""
    ours = {name: value for name, value in environment.items() if name.startswith(PREFIX)}
    known = {f"{PREFIX}{name}".upper() for name in settings.model_fields}
    found = [f"{name} is not a setting of {settings.process}" for name in ours if name not in known]
    if ours.get(f"{PREFIX}HOST") != "0.0.0.0":  # noqa: S104 - inside a container, where nobody else can reach it
        found.append("it listens to itself alone")
    with patch.dict(os.environ, ours):
        for name in set(os.environ) - set(ours):
            if name.startswith(PREFIX):
                del os.environ[name]
        try:
            settings()
        except ValidationError as error:
            found += [f"{problem['loc']}: {problem['msg']}" for problem in error.errors()]
    return found
