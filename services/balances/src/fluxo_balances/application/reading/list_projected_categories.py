from collections.abc import AsyncIterator
from datetime import date

from fluxo_balances.application.reading.ports import ProjectedCategories, ProjectedCategory


class ListProjectedCategories:
    """Every month of every category of the read model, to hold against the entries."""

    def __init__(self, categories: ProjectedCategories) -> None:
        self._categories = categories

    def __call__(self, merchant_id: str | None = None, to_date: date | None = None) -> AsyncIterator[ProjectedCategory]:
        """Yield those of one merchant or of all, as if nothing came after `to_date`."""
        return self._categories.projected_categories(merchant_id, to_date)
