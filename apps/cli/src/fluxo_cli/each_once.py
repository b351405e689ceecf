"""What the command line gives twice is refused, as the APIs refuse it; else the last would be taken without a word."""

from typing import Any

import typer
from typer.core import TyperCommand, TyperOption


class EachOptionOnce(TyperCommand):
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Raise `typer.BadParameter` for an option of one value, or with an opposite, that is given twice."""
        seen = set[str]()
        for option in self.make_parser(ctx).parse_args(list(args))[2]:
            if not isinstance(option, TyperOption) or option.multiple or option.count:
                continue
            if option.is_flag and not option.secondary_opts:
                continue
            if option.name in seen:
                raise typer.BadParameter("It is given twice.", ctx=ctx, param=option)
            seen.add(option.name)
        return super().parse_args(ctx, args)
