"""What people call ImageNet's thousand classes."""

from collections.abc import Sequence

EVERYDAY = {
    "fish": [(0, 1), (389, 391), (394, 397)],
    "shark": [(2, 4)],
    "rooster": [(7, 7)],
    "hen": [(8, 8)],
    "bird": [(10, 20), (80, 82), (85, 86), (91, 95), (134, 143)],
    "eagle": [(21, 22)],
    "owl": [(24, 24)],
    "frog": [(30, 32)],
    "turtle": [(33, 37)],
    "lizard": [(25, 29), (38, 48)],
    "crocodile": [(49, 50)],
    "snake": [(52, 68)],
    "spider": [(72, 77)],
    "parrot": [(87, 90)],
    "duck": [(97, 98)],
    "swan": [(100, 100)],
    "elephant": [(101, 101), (385, 386)],
    "kangaroo": [(104, 104)],
    "crab": [(118, 121)],
    "lobster": [(122, 124)],
    "stork": [(127, 128)],
    "penguin": [(145, 145)],
    "whale": [(147, 148)],
    "sea lion": [(150, 150)],
    "dog": [(151, 268)],
    "wolf": [(269, 272)],
    "fox": [(277, 280)],
    "cat": [(281, 285)],
    "leopard": [(288, 290)],
    "bear": [(294, 297)],
    "beetle": [(300, 307)],
    "grasshopper": [(311, 312)],
    "dragonfly": [(319, 320)],
    "butterfly": [(321, 326)],
    "rabbit": [(330, 332)],
    "squirrel": [(335, 335)],
    "horse": [(339, 339)],
    "pig": [(341, 341)],
    "cow": [(345, 345)],
    "sheep": [(348, 348)],
    "goat": [(350, 350)],
    "monkey": [(368, 384)],
    "gorilla": [(366, 366)],
    "chimpanzee": [(367, 367)],
    "guitar": [(402, 402), (546, 546)],
    "airplane": [(404, 404), (895, 895)],
    "clock": [(409, 409), (530, 530), (892, 892)],
    "chair": [(423, 423), (559, 559), (765, 765)],
    "car": [
        (436, 436),
        (511, 511),
        (581, 581),
        (609, 609),
        (627, 627),
        (656, 656),
        (661, 661),
        (817, 817),
    ],
    "racing car": [(751, 751)],
    "taxi": [(468, 468)],
    "bicycle": [(444, 444), (671, 671)],
    "boat": [(472, 472), (554, 554), (576, 576), (625, 625), (814, 814)],
    "ship": [(510, 510), (628, 628), (724, 724)],
    "bus": [(654, 654), (779, 779), (874, 874)],
    "train": [(466, 466), (547, 547), (705, 705), (820, 820)],
    "truck": [(569, 569), (675, 675), (717, 717), (864, 864), (867, 867)],
    "fire engine": [(555, 555)],
    "telephone": [(487, 487), (528, 528), (707, 707)],
    "watch": [(531, 531), (826, 826)],
    "coffee cup": [(504, 504), (967, 968)],
    "computer": [(527, 527), (620, 620), (681, 681), (664, 664), (782, 782)],
    "camera": [(732, 732), (759, 759)],
    "rocket": [(657, 657), (744, 744), (812, 812)],
    "piano": [(579, 579), (881, 881)],
    "bottle": [(440, 440), (898, 898), (907, 907)],
    "ball": [(430, 430), (722, 722), (768, 768), (805, 805), (890, 890)],
    "hat": [(439, 439), (452, 452), (515, 515), (808, 808)],
    "shoe": [(514, 514), (630, 630), (770, 770)],
    "church": [(497, 497), (663, 663)],
    "bridge": [(718, 718), (821, 821), (839, 839)],
    "bread": [(930, 931)],
    "mushroom": [(947, 947), (991, 996)],
    "apple": [(948, 948)],
    "mountain": [(970, 970), (979, 980)],
    "beach": [(975, 975), (977, 978)],
    "flower": [(985, 986)],
}
"""The everyday word, and the classes (by number, both ends included) that are kinds of it."""


def spoken_names(clean_names: Sequence[str]) -> list[str]:
    """The word a person would use for every class: no remarks in brackets, no breeds."""
    everyday = {
        index: name
        for name, ranges in EVERYDAY.items()
        for start, stop in ranges
        for index in range(start, stop + 1)
    }
    return [
        everyday.get(index, name.split(" (")[0].strip()) for index, name in enumerate(clean_names)
    ]
