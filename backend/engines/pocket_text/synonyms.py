"""Words that mean the same, so that the network need learn only one of them; and words that it can only take for a
more general one, which the user is told.

Left: as people write it, in lower case and singular, one to three words. Right: the words that take its place, found
in the captions of the training (or, where these lack them, named to the user as unknown). A word that the network was
taught is never replaced, whatever stands here.
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
POLITE = _words(
    "please make create generate draw render show give me us i we my your want would like need can could you it "
    "some just 3d model mesh object picture image sculpture figurine version style kind type sort really very "
    "quite rather nice beautiful pretty cute cool lovely lowpoly realistic detailed stylized stylised cartoon "
    "cartoonish is are am be been being that this these those there which its his her their let lets "
    "hi hello thanks thank to for so also"
)
# Words that link others. They count where they were taught, and are passed over in silence where they were not.
LINKS = _words(
    "with without and or of on in at by from under over above below between beside behind next into onto as than "
    "but not no only both each every all any other same one"
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
    "9": "nine", "10": "ten", "11": "eleven", "12": "twelve", "single": "one", "couple": "two", "pair": "two",
    "twin": "two", "double": "two", "triple": "three", "trio": "three", "quad": "four", "half dozen": "six",
    "dozen": "twelve",
}  # fmt: skip

SAME = _table("""
sofa: couch, settee, loveseat, davenport, divan, chesterfield, sofa bed, futon
armchair: arm chair, easy chair, lounge chair, club chair, wing chair, wingback
with: has, have, having, featuring, that has, which has, that have, equipped with, including
chair: dining chair, side chair, kitchen chair, desk chair
stool: bar stool, barstool, footstool, foot stool, bar chair
bench: park bench, garden bench, pew
table: dining table, kitchen table, tabletop
desk: writing desk, office desk, work desk, workbench, writing table, work table
coffee table: low table, cocktail table
side table: end table, occasional table
nightstand: night stand, bedside table, bedside cabinet, night table
wardrobe: closet, armoire
bookshelf: bookcase, book case, book shelf, book rack, bookrack
shelf: shelving, rack, shelving unit
cabinet: cupboard, locker, sideboard, credenza
dresser: chest of drawers, drawers, drawer unit, bureau, commode, tallboy
bed: bedstead, cot, bunk, bed frame, bedframe
lamp: light, table lamp, desk lamp, reading lamp, lampstand
floor lamp: standing lamp, standard lamp
lantern: oil lamp
rug: carpet, mat
car: automobile, auto, motorcar, motor car, sedan, saloon, coupe, passenger car
truck: lorry, pickup, pickup truck, pick up truck, dump truck
van: minivan, mini van, minibus
bus: coach, omnibus, school bus, double decker
bicycle: bike, push bike, pushbike, cycle
motorcycle: motorbike, motor bike, moped
train: locomotive, railway engine, steam engine, rail car
airplane: aeroplane, plane, aircraft, airliner, jet, jet plane, air plane
helicopter: chopper, copter
rocket: spaceship, space ship, spacecraft, rocket ship, space rocket, missile, space shuttle
boat: rowboat, row boat, rowing boat, dinghy, canoe, kayak
sailboat: sailing boat, sail boat, yacht
ship: vessel, steamer
house: home, cottage, hut, cabin, bungalow
tower: turret
skyscraper: high rise, highrise, office tower, tower block
castle: fortress, fort, citadel, stronghold
barn: shed, stable
church: chapel
bridge: footbridge, viaduct
fence: railing, paling, picket fence
ladder: step ladder, stepladder
stairs: stair, staircase, stairway, steps
tent: marquee
well: water well
mug: coffee mug, tea mug, coffee cup, beer mug
cup: teacup, tea cup
glass: tumbler, drinking glass
goblet: chalice, wine glass, wineglass, grail
bottle: flask, wine bottle, water bottle, beer bottle
jar: mason jar
jug: pitcher, ewer, carafe
vase: flower vase, urn, amphora
bowl: basin, salad bowl, soup bowl
plate: dish, saucer, platter
pan: frying pan, skillet, frypan, fry pan
pot: saucepan, cooking pot, stockpot, casserole
kettle: tea kettle
teapot: tea pot
bucket: pail
barrel: keg, cask
basket: hamper
box: carton, cardboard box, parcel
crate: wooden box
chest: treasure chest, trunk, coffer
suitcase: luggage, valise, suit case
bag: handbag, purse, sack, tote
backpack: rucksack, back pack, knapsack, schoolbag
trash can: garbage can, dustbin, waste bin, rubbish bin, bin, trash bin, wastebasket, garbage bin
mailbox: letterbox, letter box, post box, postbox, mail box
traffic light: traffic signal, stop light, stoplight
traffic cone: road cone, pylon, safety cone
street lamp: street light, streetlight, lamp post, lamppost, streetlamp
television: tv, tv set, telly, television set, flatscreen
monitor: screen, computer screen, display
computer: pc, desktop computer
laptop: notebook computer, laptop computer
phone: telephone, smartphone, mobile phone, cell phone, cellphone, handset, smart phone
keyboard: computer keyboard
camera: photo camera
speaker: loudspeaker, loud speaker
radio: transistor radio
clock: alarm clock, wall clock, timepiece
watch: wristwatch, wrist watch
guitar: acoustic guitar
piano: upright piano, grand piano
drum: snare drum
trophy: award cup
crown: diadem, tiara, coronet
hat: cap, bonnet
umbrella: parasol, brolly, sunshade
sword: sabre, saber, cutlass, blade
shield: buckler
hammer: mallet, sledgehammer, sledge hammer
axe: hatchet, ax, tomahawk
screwdriver: screw driver
wrench: spanner
shovel: spade
broom: besom, broomstick
brush: paintbrush, paint brush
key: latchkey
candle: taper
tree: oak, maple, elm, beech, ash tree, deciduous tree, broadleaf tree
pine tree: fir, fir tree, spruce, conifer, christmas tree, evergreen, pine, larch
palm tree: palm, coconut tree, coconut palm
bush: shrub, hedge
flower: blossom, bloom, daisy, tulip, rose
mushroom: toadstool, fungus
cactus: saguaro, succulent
plant: houseplant, house plant, potted plant, pot plant
apple: red apple, green apple
carrot: root vegetable
cake: birthday cake, layer cake, torte, gateau
ice cream: icecream, ice cream cone, gelato
hamburger: burger, cheeseburger, beefburger
donut: doughnut
snowman: snow man
robot: android, droid, automaton
person: human, man, woman, boy, girl, guy, lady, people, child, kid
dog: puppy, hound, doggy, pup
cat: kitten, kitty, tomcat
horse: pony, mare, stallion, steed, foal
cow: bull, ox, cattle
sheep: lamb, ewe
pig: hog, swine, piglet
rabbit: bunny, hare
mouse: rat
bird: sparrow, robin, songbird
duck: duckling, rubber duck, rubber duckie
chicken: hen, rooster, cock, chick
fish: goldfish, trout, salmon
turtle: tortoise
snake: serpent
bear: teddy bear, teddy
dumbbell: dumb bell, barbell, hand weight
ball: soccer ball, football, basketball, beach ball, bowling ball
sphere: orb, globe, round ball
cube: dice, die, block
cuboid: rectangular box, brick
cylinder: tube, pipe
cone: traffic marker
pyramid: four sided pyramid
torus: ring, hoop, donut shape
ellipsoid: ovoid, oval
capsule: pill
windmill: wind mill
lighthouse: light house
table lamp: bedside lamp
snowflake: snow flake
red: scarlet, crimson, ruby, vermilion, cherry red, blood red, brick red
dark red: maroon, burgundy, wine red, oxblood, claret
blue: azure, cobalt, sapphire, royal blue, ultramarine
dark blue: navy, navy blue, midnight blue, indigo
light blue: sky blue, baby blue, powder blue, pale blue
green: emerald, jade, grass green, leaf green
dark green: forest green, bottle green, racing green, pine green
light green: lime, lime green, mint, mint green, pale green, pistachio
yellow: lemon, canary, lemon yellow, sunny yellow
orange: tangerine, amber, pumpkin orange, apricot
purple: violet, lilac, lavender, mauve, plum, aubergine, amethyst
pink: rose pink, salmon pink, rosy, hot pink, fuchsia, magenta
brown: chestnut, chocolate, umber, hazel, walnut brown, auburn
dark brown: chocolate brown, espresso
light brown: fawn, light wood
beige: cream, ecru, ivory, sand, sandy, khaki, tan, off white
white: snow white, snowy, pearl white, chalk white
black: jet black, ebony, onyx, pitch black
grey: gray, ash grey, ashen, slate, stone grey
dark grey: dark gray, charcoal, anthracite, graphite
light grey: light gray, pale grey, pale gray
turquoise: teal, cyan, aqua, aquamarine
gold: golden, gilded, gilt
silver: silvery
bronze: coppery
wooden: wood, timber, wood grain, oaken, pinewood, plywood
metal: metallic, steel, iron, aluminium, aluminum, chrome
stone: marble, granite, rock, rocky
plastic: vinyl, pvc
leather: leathery
concrete: cement
tall: high, towering, lofty
short: squat, stubby, low height
wide: broad
narrow: slim, skinny, slender
thin: fine, thinner, lean
thick: fat, chunky, bulky, stout
long: lengthy, elongated
large: big, huge, giant, enormous, massive, oversized
small: little, tiny, mini, miniature, petite
round: circular, rounded, disc shaped
square: squarish, squared
rectangular: oblong
pointed: pointy, spiky, sharp
striped: stripy, stripey
coloured: colored
colour: color
leg: legged, feet, foot
wheel: wheeled, tyre, tire
door: doored
drawer: pull out
handle: handled, grip
armrest: arm rest, arms, arm
backrest: back rest, seat back, chair back
headboard: head board
seat: seating
cushion: pillow, padding
lampshade: lamp shade, shade
tabletop: table top
roof: rooftop
window: windowed, pane
chimney: smokestack, smoke stack
wing: winged
sail: canvas sail
mast: flag pole
lid: cover, cap lid
spout: nozzle
trunk: stem, stalk
leaf: leafy, foliage
stripe: band
""")
SAME |= {"low poly": "", "armless": "without armrest", "backless": "without backrest", "legless": "without leg"}

# More general, or only alike: the user is told what the word was taken as.
KINDS = _table("""
chair: throne, rocking chair, office chair, swivel chair, deck chair, deckchair, wheelchair, high chair, recliner
sofa: sectional, daybed, chaise, chaise longue, ottoman
table: pool table, billiard table, picnic table, workbench table, counter, altar
lamp: chandelier, torch, flashlight, spotlight, lightbulb, light bulb
car: taxi, cab, suv, jeep, hatchback, convertible, limousine, sports car, race car, racing car, police car, hot rod
car: station wagon, roadster, cabriolet, buggy, vehicle, ambulance car
truck: fire truck, fire engine, firetruck, tanker, tractor, garbage truck, semi, trailer, monster truck
van: ambulance, camper, caravan, motorhome, camper van, delivery van
bus: tram, trolley, streetcar, trolleybus
train: subway, metro, wagon, tram car
airplane: glider, biplane, bomber, fighter jet, drone, seaplane
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
""")
