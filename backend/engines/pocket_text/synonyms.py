"""Words that mean the same, so that the network need learn only one of them; and words that it can only take for a
more general one, which the user is told.

Left: as people write it, in lower case and singular, one to three words. Right: the words that take its place. Training
replaces by ``SAME`` alone, and without a look at what comes of it; a text of the user's is replaced only where the
network was not taught the word itself and was taught what takes its place. What several words name together and none
of them alone becomes one word (a table lamp is no table, and dark red no red).
"""

from __future__ import annotations


def _table(lines: str) -> dict[str, str]:
    """Lines of ``word: synonym, synonym, …`` → synonym → word."""
    table: dict[str, str] = {}
    for line in lines.strip().splitlines():
        word, others = line.split(":")
        for other in others.split(","):
            table.setdefault(other.strip(), word.strip())
    return table


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Of no meaning for a shape.
ARTICLES = _words("a an the")
# They would mean much, but nothing that was taught: passed over, and the user is told.
STYLES = _words("beautiful pretty cute cool lovely lowpoly realistic detailed stylized stylised cartoon cartoonish")
NEGATIONS = _words("not nor neither never none dont doesnt isnt arent wont cant")
POLITE = STYLES | _words(
    "please make create generate draw render show give me us i we my your want would like need can could you it "
    "some just 3d model mesh object picture image sculpture figurine version style kind type sort really very "
    "quite rather nice is are am be been being that this these those there which its his her their let lets "
    "hi hello thanks thank to for so also"
)
# Words that link others. They count where they were taught, and are passed over in silence where they were not.
LINKS = _words(
    "with without and or of on in at by from under over above below between beside behind next into onto as than "
    "but no only both each every all any other same one"
)
# Frequent little words of other European languages that are no English words.
FOREIGN = _words(
    "ein eine einen einem einer der das und mit ohne aus ist rot roter rote rotes blau gelb grun stuhl tisch "
    "un une des les avec sans et du au aux rouge bleu bleue vert verte jaune chaise voiture "
    "el los las una unos con sin y del rojo roja azul verde amarillo silla mesa coche "
    "il lo gli uno senza di rosso rossa blu giallo sedia tavolo "
    "um uma com sem vermelho vermelha amarelo cadeira "
    "een het en met zonder rood rode blauw stoel tafel och med utan rod stol krzeslo czerwony stul"
)

NUMBERS = {
    "1": "one", "2": "two", "3": "three", "4": "four", "5": "five", "6": "six", "7": "seven", "8": "eight",
    "9": "nine", "10": "ten", "11": "eleven", "12": "twelve", "couple": "two", "pair": "two", "trio": "three",
    "dozen": "twelve",
}  # fmt: skip

COLOURS = _words("red orange yellow green blue purple pink brown black white grey beige turquoise gold silver")
SHADES = {"dark": "dark deep", "light": "light pale pastel", "": "bright vivid plain pure"}

SAME = _table("""
with: has, have, having, featuring, that has, which has, that have, equipped with, including, wearing
without: no, lacking, minus, missing
chair: dining chair, side chair, kitchen chair, desk chair
armchair: arm chair, easy chair, lounge chair, club chair, wing chair, wingback
sofa: couch, settee, loveseat, love seat, davenport, divan, chesterfield, sofa bed, futon
barstool: bar stool, bar chair
footstool: foot stool, foot rest, footrest
bench: park bench, garden bench, pew
table: dining table, kitchen table
coffeetable: coffee table, low table, cocktail table
sidetable: side table, end table, occasional table
desk: writing desk, office desk, work desk, workbench, writing table, work table
nightstand: night stand, bedside table, bedside cabinet, night table
wardrobe: closet, armoire, cupboard
bookshelf: bookcase, book case, book shelf, book rack, bookrack
cabinet: locker, sideboard, credenza
dresser: chest of drawer, drawer cabinet, drawer unit, bureau, commode, tallboy
bed: bedstead, bed frame, bedframe
bunkbed: bunk bed
tablelamp: table lamp, desk lamp, reading lamp, bedside lamp
floorlamp: floor lamp, standing lamp, standard lamp
streetlamp: street lamp, street light, streetlight, lamp post, lamppost
lantern: oil lamp
lampshade: lamp shade
rug: carpet
car: automobile, motorcar, motor car, sedan, saloon, passenger car
sportscar: sports car, sport car
racecar: race car, racing car
policecar: police car
truck: lorry
dumptruck: dump truck, tipper truck, tipper, tipper lorry
tanktruck: tank truck, tanker, tanker truck, tank lorry
firetruck: fire truck, fire engine
pickup: pickup truck, pick up truck, pick up
van: minivan, mini van
bus: coach, omnibus
schoolbus: school bus
bicycle: bike, push bike, pushbike
motorcycle: motorbike, motor bike
train: locomotive, railway engine
airplane: aeroplane, plane, aircraft, air plane
helicopter: chopper, copter
rocket: spaceship, space ship, spacecraft, rocket ship, space rocket, space shuttle
ufo: flying saucer, alien spaceship, alien ship
rowboat: rowing boat, row boat, canoe, dinghy
sailboat: sailing boat, sail boat, yacht
balloon: hot air balloon, hotair balloon
house: home, cottage
skyscraper: high rise, highrise, office tower, tower block
castle: fortress, fort, citadel
barn: shed, stable
church: chapel
igloo: snow house
teepee: tipi, tepee, wigwam
tent: camping tent, marquee
well: water well, wishing well
windmill: wind mill
lighthouse: light house
ladder: step ladder, stepladder
stairs: stair, staircase, stairway
mug: coffee mug, tea mug, coffee cup, beer mug
cup: teacup, tea cup
goblet: chalice, wine glass, wineglass, grail
bottle: flask, wine bottle, water bottle, beer bottle
jug: pitcher, ewer, carafe
vase: flower vase, urn, amphora
bowl: salad bowl, soup bowl, basin
pan: frying pan, skillet, frypan, fry pan
pot: saucepan, cooking pot, stockpot
teapot: tea pot
kettle: tea kettle
bucket: pail
barrel: keg, cask
basket: hamper
present: gift, gift box, giftbox
crate: wooden box, wooden crate
chest: treasure chest, coffer
suitcase: luggage, valise, suit case, briefcase
handbag: purse, hand bag
backpack: rucksack, back pack, knapsack, schoolbag, school bag
trashcan: trash can, garbage can, dustbin, waste bin, rubbish bin, trash bin, wastebasket, garbage bin
mailbox: letterbox, letter box, post box, postbox, mail box
trafficlight: traffic light, traffic signal, stop light, stoplight
trafficcone: traffic cone, road cone, safety cone
television: tv, tv set, telly, television set
monitor: computer screen, computer monitor
computer: pc, desktop computer
laptop: notebook computer, laptop computer
phone: telephone, smartphone, mobile phone, cell phone, cellphone, smart phone
keyboard: computer keyboard
speaker: loudspeaker, loud speaker
alarmclock: alarm clock
wallclock: wall clock
wristwatch: wrist watch
guitar: acoustic guitar
crown: diadem, tiara, coronet
umbrella: parasol, brolly, sunshade
sword: sabre, saber
hammer: mallet
axe: hatchet, ax, tomahawk
screwdriver: screw driver
wrench: spanner
broom: broomstick
paintbrush: paint brush
candle: taper
pinetree: pine tree, fir tree, fir, spruce, conifer, christmas tree, evergreen
palmtree: palm tree, coconut tree, coconut palm
bush: shrub
flower: blossom
mushroom: toadstool
icecream: ice cream, gelato, ice cream cone
hamburger: burger, cheeseburger
donut: doughnut
snowman: snow man
robot: android, droid
person: human, human being
dog: puppy, hound, doggy, pup
cat: kitten, kitty
horse: pony, mare, stallion, steed, foal
cow: cattle
sheep: lamb, ewe
pig: hog, swine, piglet, piggy
rabbit: bunny, hare
bird: songbird
duck: duckling, rubber duck, rubber duckie
chicken: hen
fish: goldfish
turtle: tortoise
snake: serpent
dinosaur: dino
teddybear: teddy bear, teddy
dumbbell: dumb bell, barbell
sphere: orb, ball shape
torus: ring shape, donut shape
cuboid: rectangular box, rectangular block
pyramid: four sided pyramid
capsule: pill
hemisphere: half sphere, half ball
red: scarlet, crimson, ruby, vermilion, cherry red, blood red, brick red
darkred: maroon, burgundy, wine red, oxblood, claret
blue: azure, cobalt, sapphire, royal blue, ultramarine
darkblue: navy, navy blue, midnight blue, indigo
lightblue: sky blue, baby blue, powder blue
green: emerald, jade, grass green, leaf green
darkgreen: forest green, bottle green, racing green
lightgreen: lime, lime green, mint, mint green, pistachio
yellow: lemon, canary, lemon yellow
orange: tangerine, amber
purple: violet, lilac, lavender, mauve, plum, amethyst
pink: rose pink, salmon pink, rosy, hot pink, fuchsia, magenta
brown: chestnut, chocolate, umber, hazel, auburn
beige: cream, ecru, ivory, sand, sandy, khaki, tan, off white
white: snow white, snowy, pearl white
black: jet black, ebony, onyx, pitch black
grey: gray, ash grey, ashen, stone grey
darkgrey: charcoal, anthracite, graphite
turquoise: teal, cyan, aqua, aquamarine
gold: golden, gilded, gilt
silver: silvery
wooden: wood, timber, oaken
metal: metallic
concrete: cement
tall: high, towering, lofty
wide: broad
thin: slim, slender, skinny
thick: chunky, bulky
fat: chubby, plump, stout
long: lengthy, elongated
large: big, huge, giant, enormous, massive, oversized
small: little, tiny, mini, miniature, petite
round: circular, rounded
square: squarish, squared
rectangular: oblong
pointed: pointy
cylindrical: cylinder shaped
striped: stripy, stripey
colourful: colorful, multicoloured, multicolored, multicolour, multicolor, rainbow
coloured: colored
colour: color
leg: legged
wheel: wheeled, tyre, tire
handle: handled
armrest: arm rest
backrest: back rest, seat back, chair back
headboard: head board
cushion: pillow, padding
stripe: band
""")
SAME |= {"low poly": "", "armless": "without armrest", "backless": "without backrest", "legless": "without leg"}
SAME |= {
    f"{word} {colour}": shade + colour
    for shade, words in SHADES.items() for word in words.split() for colour in {*COLOURS, "gray"}
}  # fmt: skip
SAME |= {phrase: word.replace("gray", "grey") for phrase, word in SAME.items()}

# More general, or only alike: the user is told what the word was taken as.
KINDS = _table("""
chair: throne, rocking chair, office chair, swivel chair, deck chair, deckchair, wheelchair, high chair, recliner
sofa: sectional, daybed, chaise longue, ottoman
table: pool table, billiard table, picnic table, workbench table, counter, altar
lamp: chandelier, torch, flashlight, spotlight, lightbulb, light bulb
car: taxi, cab, suv, jeep, hatchback, convertible, limousine, sports car, race car, racing car, police car, hot rod
car: station wagon, roadster, cabriolet, buggy, vehicle, ambulance car
truck: fire truck, fire engine, firetruck, tanker, tractor, garbage truck, semi, trailer, monster truck
van: ambulance, camper, caravan, motorhome, camper van, delivery van
bus: tram, trolley, streetcar, trolleybus
train: subway, metro, wagon, tram car
airplane: airliner, jet, jet plane, glider, biplane, bomber, fighter jet, drone, seaplane
boat: speedboat, motorboat, gondola, lifeboat, raft, ferry, tugboat, barge
ship: submarine, battleship, galleon, frigate, cruise ship, aircraft carrier, pirate ship
house: villa, mansion, building, farmhouse, chalet, igloo, palace, dollhouse, doll house, birdhouse, garage, hotel
house: shop, store, school, farm, library, factory, windmill house
castle: bastion, keep, stronghold tower
tower: minaret, obelisk, belfry, chimney stack, silo, pagoda, water tower, watchtower, column, pillar
church: cathedral, temple, mosque, synagogue, monastery
tree: willow, birch, apple tree, cherry tree, bonsai, baobab, olive tree
pine tree: cypress, cedar, redwood, sequoia
flower: sunflower, orchid, lily, daffodil, dandelion, poppy, carnation
plant: fern, ivy, grass, bamboo, herb, weed
dog: wolf, fox, dachshund, poodle, bulldog, labrador, corgi, husky, terrier, jackal, coyote
cat: lion, tiger, leopard, panther, cheetah, puma, lynx, jaguar
horse: donkey, zebra, mule, unicorn, camel, deer, moose, elk, llama, alpaca, giraffe
cow: buffalo, bison, yak
sheep: goat
bird: eagle, owl, parrot, pigeon, crow, raven, penguin, swan, goose, seagull, hawk, flamingo, peacock, ostrich
fish: shark, whale, dolphin, tuna, carp, orca
person: king, queen, knight, soldier, wizard, pirate, princess, prince, baby, doll, statue, snow queen, astronaut
robot: cyborg, mech, alien robot
cup: beaker, sippy cup, measuring cup
bottle: thermos, perfume bottle, vial, phial, decanter
vase: flowerpot, flower pot, planter
bowl: wok, tureen, birdbath, colander
bag: pouch, satchel, briefcase
hat: top hat, cowboy hat, helmet, beret, sombrero, fedora, wizard hat
sword: dagger, knife, katana, spear, rapier, machete, scimitar
guitar: ukulele, banjo, violin, cello, bass, lute, mandolin
apple: pear, peach, cherry, tomato, plum fruit, orange fruit, fruit
cake: muffin, cupcake, pie, cheesecake
ball: baseball, tennis ball, marble ball, planet, moon, sun, earth
cube: dice cube, rubiks cube
laptop: tablet, ipad, notebook
phone: iphone, walkie talkie, pager
box: container, package, gift, present, aquarium, tank
crate: pallet
cabinet: refrigerator, fridge, freezer, oven, stove, washing machine, dishwasher, microwave, safe
shelf: plate rack, spice rack, ledge
hammer: gavel, warhammer
axe: pickaxe, battle axe
fence: gate, wall, barrier
wooden: bamboo wood, rattan, wicker, cork, mahogany, walnut, teak, cherry wood
metal: tin, brass, copper, lead, zinc, titanium, rusty
stone: brick stone, sandstone, limestone, slate stone, clay, ceramic, porcelain, terracotta
brown: rust, caramel, cinnamon, mocha, bronze colour
red: strawberry, raspberry
blue: ocean blue, denim
green: olive, moss, moss green, army green
yellow: mustard, blonde, saffron, honey
pink: coral, salmon colour, peach colour
purple: grape, orchid colour, wine
turquoise: blue green, green blue, sea green, petrol
orange: red orange, carrot colour
white: transparent, clear, opaque, see through
striped: checked, chequered, checkered, dotted, spotted, polka dot, patterned
large: gigantic, colossal, humongous, life size
tall: taller, tallest
chair: rockingchair, highchair
stool: barstool, footstool
table: coffeetable, sidetable
lamp: tablelamp, floorlamp, streetlamp, desklamp, light
bed: bunkbed, cot, bunk, hammock, cradle, crib
cabinet: nightstand, sideboard
bookshelf: shelving, rack, shelving unit, shelf
shelf: bookshelf
dresser: nightstand
clock: alarmclock, wallclock, wristwatch, watch, sundial, cuckoo clock
car: sportscar, racecar, policecar, pickup, van, coupe, auto
truck: dumptruck, tanktruck, firetruck, pickup
bus: schoolbus
boat: rowboat, sailboat, canoe, kayak, rowing boat, ship
ship: boat, vessel, steamboat, steamer
bicycle: cycle, tricycle, tandem
motorcycle: moped, scooter
bag: handbag, backpack
cup: mug, tumbler
mug: cup, tankard
kettle: teapot
teapot: kettle
plate: dish, saucer, platter
bowl: dish, plate
pan: wok
house: cabin, hut, bungalow, igloo, tent
tent: teepee, yurt
tree: pinetree, palmtree, oak, maple, elm, beech
flower: daisy, tulip, rose
person: man, woman, boy, girl, guy, lady, child, kid
cow: bull, ox
mouse: rat
chicken: rooster, cock, chick
bird: sparrow, robin, chicken, turkey, duck
fish: trout, salmon, shark, whale
dinosaur: brontosaurus, dragon, tyrannosaurus, t rex, stegosaurus, triceratops, brachiosaurus, godzilla, lizard
turtle: crocodile, alligator, frog, toad
spider: ant, beetle, ladybug, ladybird, crab, scorpion, tarantula
butterfly: moth, dragonfly, bee, wasp, fly
snake: worm, eel, cobra, python
rabbit: mouse, squirrel, hamster, guinea pig, kangaroo, rat
elephant: mammoth, rhino, rhinoceros, hippo, hippopotamus
dog: bear, raccoon
sphere: ball, globe, bubble
ball: sphere, soccer ball, football, basketball, beach ball, bowling ball
cube: block, die, dice
cuboid: brick, slab, plank
cylinder: tube, pipe, disc, disk, drum
torus: ring, hoop
capsule: ellipsoid, ovoid
rocket: missile
ufo: alien
balloon: blimp, zeppelin, airship
metal: steel, iron, aluminium, aluminum, chrome
stone: marble, granite, rock, rocky, ceramic, concrete, brick
plastic: vinyl, pvc
fabric: cloth, textile, velvet, wool, woollen, cotton, felt
thin: narrow, fine
narrow: thin
low: short, squat, stubby
short: low
pointed: spiky, sharp, conical
armrest: arm
backrest: back
back: backrest
leg: foot, feet
wheel: wheels
""")
KINDS |= {f"{shade}{colour}": colour for shade in ("dark", "light") for colour in COLOURS}
