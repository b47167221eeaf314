"""Beginner: small grey pictures of one thing each."""

from cnncourse.data.records.changes import CHARACTERS, DIGITS, HAND_SIGNS, LETTERS
from cnncourse.data.records.record import NOT_STATED, Dataset

_SIXTY_AND_TEN = (("train", 60_000), ("test", 10_000))

BEGINNER = (
    Dataset(
        name="mnist",
        title="MNIST",
        level="beginner",
        task="classification of handwritten digits",
        num_classes=10,
        images=_SIXTY_AND_TEN,
        size=(28, 28),
        channels=1,
        licence="CC BY-SA 3.0, as Keras's documentation has it; its home page states none",
        home="http://yann.lecun.com/exdb/mnist/",
        citation=(
            "LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document "
            "recognition, Proceedings of the IEEE 86(11), 1998"
        ),
        obtained="torchvision",
        torchvision="MNIST",
        loader="cnncourse.data.mnist",
        sources=("counted in the files themselves", "keras.io/api/datasets/mnist (licence)"),
        note="Solved: 99 % is where it begins. Use it to find mistakes, not to compare networks.",
        label_changes=DIGITS,
    ),
    Dataset(
        name="fashion-mnist",
        title="Fashion-MNIST",
        level="beginner",
        task="classification of clothes",
        num_classes=10,
        images=_SIXTY_AND_TEN,
        size=(28, 28),
        channels=1,
        licence="MIT",
        home="https://github.com/zalandoresearch/fashion-mnist",
        citation=(
            "Xiao, Rasul and Vollgraf, Fashion-MNIST: a novel image dataset for benchmarking "
            "machine learning algorithms, arXiv:1708.07747, 2017"
        ),
        obtained="torchvision",
        torchvision="FashionMNIST",
        loader="cnncourse.data.mnist",
        sources=("LICENSE of the home page's repository", "torchvision's class (files)"),
        note="Made to replace MNIST file for file; shirts, pullovers and coats are mixed up most.",
    ),
    Dataset(
        name="kmnist",
        title="Kuzushiji-MNIST",
        level="beginner",
        task="classification of cursive Japanese characters",
        num_classes=10,
        images=_SIXTY_AND_TEN,
        size=(28, 28),
        channels=1,
        licence="CC BY-SA 4.0",
        home="https://github.com/rois-codh/kmnist",
        citation=(
            "Clanuwat, Bober-Irizar, Kitamoto, Lamb, Yamamoto and Ha, Deep learning for classical "
            "Japanese literature, arXiv:1812.01718, 2018"
        ),
        obtained="torchvision",
        torchvision="KMNIST",
        loader="cnncourse.data.mnist",
        sources=("README of the home page's repository",),
        note="One class can hold several ways to write a character that hardly look alike.",
        label_changes=CHARACTERS,
    ),
    Dataset(
        name="emnist",
        title="EMNIST (letters)",
        level="beginner",
        task="classification of handwritten letters",
        num_classes=26,
        images=(("train", 124_800), ("test", 20_800)),
        size=(28, 28),
        channels=1,
        licence=NOT_STATED,
        home="https://www.nist.gov/itl/products-and-services/emnist-dataset",
        citation=(
            "Cohen, Afshar, Tapson and van Schaik, EMNIST: extending MNIST to handwritten "
            "letters, IJCNN 2017, arXiv:1702.05373"
        ),
        obtained="torchvision",
        torchvision="EMNIST",
        loader="cnncourse.data.mnist",
        sources=("home page", "dataset cards of its copies (numbers of each part)"),
        note=(
            "The files hold every picture transposed; the loader puts it upright. Capital and "
            "small letters share a class, so g and q, i and l limit what can be reached."
        ),
        label_changes=LETTERS,
    ),
    Dataset(
        name="sign-mnist",
        title="Sign Language MNIST",
        level="beginner",
        task="classification of hand signs",
        num_classes=24,
        images=(("train", 27_455), ("test", 7_172)),
        size=(28, 28),
        channels=1,
        licence="CC0, as a copy of it has it; look at the Kaggle page",
        home="https://www.kaggle.com/datasets/datamunge/sign-language-mnist",
        citation="tecperson, Sign Language MNIST, Kaggle",
        obtained="Kaggle",
        loader="cnncourse.data.tables",
        sources=("the description on its Kaggle page, as quoted", "a copy's card (licence)"),
        note=(
            "Its labels leave out J and Z, which are movements; the loader closes the gap. Many "
            "pictures are variations of the same few photographs, so a random split would leak."
        ),
        label_changes=HAND_SIGNS,
    ),
)
