"""What is on the pictures: photographs of single things, and the words that count as right.

Chosen by what a person would call them, before any model had seen them.
"""

from dataclasses import dataclass

STAMPS = "usr/share/tuxpaint/stamps"
"""In the Debian package tuxpaint-stamps-default (GPL-2): things cut out of photographs."""

_TABLE = """
animals/amphibians/frog-1: frog, toad
animals/birds/chicken_profile: chicken, hen, rooster, bird
animals/birds/crow: crow, raven, bird
animals/birds/duck: duck, bird
animals/birds/drake: duck, drake, bird
animals/birds/gander: goose, gander, bird
animals/birds/hen: hen, chicken, bird
animals/birds/heron_greatblue: heron, crane, stork, bird
animals/birds/magpie: magpie, bird
animals/birds/ostrich: ostrich, bird
animals/birds/owl: owl, bird
animals/birds/peacock: peacock, bird
animals/birds/pelican: pelican, bird
animals/birds/penguin: penguin, bird
animals/birds/pigeon: pigeon, dove, bird
animals/birds/pink_flamingo: flamingo, bird
animals/birds/rainbow-lorikeet: lorikeet, parrot, bird
animals/birds/rooster: rooster, cock, chicken, bird
animals/birds/seagull: seagull, gull, bird
animals/birds/tucan: toucan, bird
animals/birds/turkey: turkey, bird
animals/birds/vulture: vulture, bird
animals/fish/clownfish: clownfish, anemone fish, fish
animals/fish/lionfish: lionfish, fish
animals/fish/lobster: lobster, crayfish
animals/fish/seahorse: seahorse
animals/insects/Brown_slug: slug, snail
animals/insects/bee: bee, insect
animals/insects/fly: fly, insect
animals/insects/grasshopper: grasshopper, cricket, insect
animals/insects/mantis: mantis, insect
animals/lizards/iguana: iguana, lizard
animals/mammals/apes/chimp: chimpanzee, chimp, ape, monkey
animals/mammals/apes/gorilla: gorilla, ape, monkey
animals/mammals/aquatic/dolphin: dolphin, whale
animals/mammals/aquatic/orca: orca, killer whale, whale
animals/mammals/aquatic/otter: otter
animals/mammals/aquatic/sea_lion: sea lion, seal
animals/mammals/badger: badger
animals/mammals/bears/bear: bear
animals/mammals/bovines/bison: bison, buffalo
animals/mammals/bovines/bull: bull, cow, ox
animals/mammals/bovines/cow: cow, ox, bull
animals/mammals/bovines/ram: ram, sheep
animals/mammals/bovines/sheep: sheep, ram, lamb
animals/mammals/camel/camel: camel
animals/mammals/cats/lion: lion
animals/mammals/cats/tiger: tiger
animals/mammals/deer/deer: deer, antelope, gazelle
animals/mammals/dogs/dog: dog
animals/mammals/dogs/fox: fox
animals/mammals/elephant: elephant
animals/mammals/equines/donkey: donkey, horse
animals/mammals/equines/horse: horse
animals/mammals/equines/zebra: zebra
animals/mammals/hedgehog: hedgehog, porcupine
animals/mammals/hippopotamus: hippo, hippopotamus
animals/mammals/pig: pig, hog
animals/mammals/rabbit_little: rabbit, hare
animals/mammals/rodents/beaver: beaver
animals/mammals/rodents/mouse: mouse, rat
animals/mammals/rodents/squirrel: squirrel
animals/mammals/wildboar: boar, pig, hog
animals/marsupials/kangaroo: kangaroo, wallaby
animals/marsupials/koala: koala
animals/marsupials/wombat: wombat
food/fruit/Strawberry2: strawberry
food/fruit/apple_green: apple
food/fruit/apple_red: apple
food/fruit/banana: banana
food/fruit/lemon: lemon
food/fruit/orange: orange
food/fruit/pineapple: pineapple
food/fruit/pomegranate: pomegranate
food/pizza: pizza
food/vegetables/broccoli: broccoli
food/vegetables/carrot: carrot
food/vegetables/corn: corn, maize
food/vegetables/mushroom: mushroom, agaric
vehicles/auto/sedan: car, sedan
vehicles/auto/sportscar2: car, sports car
vehicles/auto/truck: truck, pickup
vehicles/cycle/pink_tricycle: tricycle, bicycle
vehicles/emergency/firetruck: fire truck, fire engine, truck
vehicles/flight/balloon360: balloon
vehicles/flight/planes/747: airplane, plane, airliner, aircraft
vehicles/garbagetruck: garbage truck, truck
vehicles/masstransit/green_korean_bus: bus
vehicles/race/indycar: racing car, race car, car
vehicles/ship/chineseJunk: ship, boat, sailboat
household/dishes/mug: mug, cup
household/dishes/teapot: teapot
household/dishes/pitcher_small: pitcher, jug
household/toilet: toilet
household/tools/hammer: hammer
household/tools/spade: shovel, spade
household/tools/plyers: pliers
household/tools/measuring_tape: tape, ruler
clothes/hats/sombrero: sombrero, hat
clothes/hats/green_fedora: hat, fedora
clothes/t_sock: sock
hobbies/binoculars: binoculars
hobbies/camera_35mm: camera
hobbies/music/brass/trumpet: trumpet, cornet, horn
hobbies/music/percussion/drumkit: drum
hobbies/music/string/cello: cello, violin
hobbies/music/string/guitar_classical: guitar
hobbies/music/string/violin: violin
sports/basketball: basketball, ball
sports/soccer: soccer ball, football, ball
sports/tennis_ball: tennis ball, ball
town/roadsigns/traffic_cone: traffic cone, cone
town/usps_mailbox: mailbox
plants/flowers/daffodil: flower, daffodil
plants/flowers/flower1: flower, daisy
plants/flowers/rose: flower, rose
"""

_WHOLE = """
chelsea.png: cat
coffee.png: coffee cup, coffee, espresso, cup, mug
rocket.jpg: rocket, missile
motorcycle_left.png: motorcycle, motorbike, moped, scooter
"""


@dataclass(frozen=True)
class Picture:
    """One thing on one picture."""

    path: str
    """Below `STAMPS`, or the name of a photograph."""
    names: tuple[str, ...]
    """What counts as right; the first is used in questions."""
    is_cut_out: bool
    """It has no background of its own."""

    @property
    def name(self) -> str:
        """What people call it."""
        return self.names[0]

    @property
    def kind(self) -> str:
        """What it is grouped with: `animals`, `food`, ..."""
        return self.path.split("/")[0] if self.is_cut_out else "photographs"


def _read(table: str, *, is_cut_out: bool) -> tuple[Picture, ...]:
    rows = [line.split(": ") for line in table.strip().splitlines()]
    suffix = ".png" if is_cut_out else ""
    return tuple(
        Picture(path + suffix, tuple(names.split(", ")), is_cut_out) for path, names in rows
    )


PICTURES = _read(_TABLE, is_cut_out=True) + _read(_WHOLE, is_cut_out=False)
