"""The services of the product with their names in Chinese: the one list of them.

What runs, is backed up, checked, exported, shown and tested follows it. The console keeps nothing and is not in it.
"""

from typing import Final

SERVICES: Final = {
    "registry": "建档立卡",
    "training": "技能培训",
    "outreach": "宣传发动",
    "reporting": "统计",
}
"""Those with a log or facts of their own, publishers before those that read them."""
