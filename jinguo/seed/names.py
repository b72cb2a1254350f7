"""Invented names from common surnames and characters; who bears one is chance."""

from random import Random

SURNAMES = (
    "杨李王吴张刘潘龙罗陈石黄田周姜唐余邰文莫顾宋韦金侯邓杜万熊任穆朱白毛欧蒋赵胡彭徐何高梁郑谢曾袁许沈冯董程蔡魏"
)
WOMEN = "秀梅兰英芳花桂珍玉凤红艳丽娟敏燕霞琴美香莲春菊云月娥仙翠萍丹婷雪慧玲银老阿妹"
MEN = "国强明军平建华文勇林光德昌正荣福胜海波涛飞龙辉东成祥贵金忠学才志兵老阿木"


def name(dice: Random, *, woman: bool) -> str:
    """A surname, the common ones oftener, and one or two characters."""
    surname = SURNAMES[min(int(dice.expovariate(1 / 12)), len(SURNAMES) - 1)]
    given = WOMEN if woman else MEN
    return surname + "".join(dice.choice(given) for _ in range(1 if dice.random() < 0.3 else 2))


def corrected(was: str, dice: Random) -> str:
    """The same name with another last character."""
    return was[:-1] + dice.choice(WOMEN)
