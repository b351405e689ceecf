"""The categories used before, offered in the quick form: a part that the page loads when it stands already."""

from datetime import timedelta
from typing import Final

from starlette.responses import Response

from fluxo_dashboard.pages.spending import by_category
from fluxo_dashboard.services.attempt import attempt
from fluxo_dashboard.web.visit import Visit, for_visitors

LOOKED_BACK: Final = timedelta(days=365)
OFFERED_MAX: Final = 50


async def _categories(visit: Visit) -> Response:
    """Offer those of the last year, the one with most entries first; none while they cannot be had."""
    found = await attempt(visit.balances_of("/v1/category-totals", visit.today - LOOKED_BACK, visit.today))
    used = [category for category in by_category(found["items"] if found else ()) if category.name is not None]
    used.sort(key=lambda category: -category.entry_count)
    return visit.page("today/categories.html", categories=[category.name for category in used[:OFFERED_MAX]])


part = for_visitors(_categories)
