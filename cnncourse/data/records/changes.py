"""Augmentations that spoil labels, for the kinds of pictures that several datasets share."""

from cnncourse.data.records.record import LabelChange

DIGITS = (
    LabelChange("hflip", "a mirrored 2, 3 or 7 is no digit, and few digits survive a mirror"),
    LabelChange("vflip", "a 6 upside down looks like a 9 seen in a mirror, a 7 like no digit"),
    LabelChange("rotation", "a 6 turned by half is a 9, and a 9 a 6", beyond=30),
)
LETTERS = (
    LabelChange("hflip", "a mirrored b is a d, a mirrored p a q"),
    LabelChange("vflip", "b upside down is p, M is W"),
    LabelChange("rotation", "n turned by half is u, M is W, and Z on its side is N", beyond=30),
)
CHARACTERS = (
    LabelChange("hflip", "a mirrored character is no character"),
    LabelChange("vflip", "a character upside down is no character"),
    LabelChange("rotation", "a turned character can be read as another", beyond=30),
)
HAND_SIGNS = (
    LabelChange("vflip", "no hand signs upside down, and P is much like K pointing down"),
    LabelChange("rotation", "H is U on its side, P is K and Q is G pointing down", beyond=30),
)
TRAFFIC_SIGNS = (
    LabelChange("hflip", "turn left becomes turn right, keep left becomes keep right"),
    LabelChange("vflip", "no sign hangs upside down, and its arrows then point elsewhere"),
    LabelChange("rotation", "the arrow of ahead only comes to point right or left", beyond=20),
)
_MOVED = "the boxes or masks have to move along with the picture"
BOXES_AND_MASKS = tuple(
    LabelChange(name, _MOVED)
    for name in ("hflip", "vflip", "crop", "rotation", "shear", "zoom", "shift")
)
