from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class MerchantSettings:
    """What the merchant set, and since when: of two the later hold. Its entries' currency is stronger than this one."""

    merchant_id: str
    currency: str
    changed_at: datetime
