"""Intermediate: colour, clutter, more classes, pictures of many sizes."""

from cnncourse.data.records.changes import DIGITS, HAND_SIGNS, TRAFFIC_SIGNS
from cnncourse.data.records.record import NOT_STATED, Dataset

_CIFAR = "Krizhevsky, Learning multiple layers of features from tiny images, 2009"
_CIFAR_HOME = "https://www.cs.toronto.edu/~kriz/cifar.html"

INTERMEDIATE = (
    Dataset(
        name="cifar10",
        title="CIFAR-10",
        level="intermediate",
        task="classification of animals and vehicles",
        num_classes=10,
        images=(("train", 50_000), ("test", 10_000)),
        size=(32, 32),
        channels=3,
        licence=NOT_STATED,
        home=_CIFAR_HOME,
        citation=_CIFAR,
        obtained="torchvision",
        torchvision="CIFAR10",
        loader="cnncourse.data.cifar",
        sources=("torchvision's class", "counted in a copy of it"),
        note="The yardstick for small networks. The data come as pickles: only these are read.",
    ),
    Dataset(
        name="cifar100",
        title="CIFAR-100",
        level="intermediate",
        task="classification of things in 20 groups of 5",
        num_classes=100,
        images=(("train", 50_000), ("test", 10_000)),
        size=(32, 32),
        channels=3,
        licence=NOT_STATED,
        home=_CIFAR_HOME,
        citation=_CIFAR,
        obtained="torchvision",
        torchvision="CIFAR100",
        loader="cnncourse.data.cifar",
        sources=("torchvision's class",),
        note="500 pictures a class: small networks overfit, augmentation pays.",
    ),
    Dataset(
        name="svhn",
        title="SVHN",
        level="intermediate",
        task="classification of digits on houses",
        num_classes=10,
        images=(("train", 73_257), ("test", 26_032), ("extra", 531_131)),
        size=(32, 32),
        channels=3,
        licence="for non-commercial use only",
        home="http://ufldl.stanford.edu/housenumbers/",
        citation=(
            "Netzer, Wang, Coates, Bissacco, Wu and Ng, Reading digits in natural images with "
            "unsupervised feature learning, NIPS workshop, 2011"
        ),
        obtained="torchvision",
        torchvision="SVHN",
        loader="cnncourse.data.svhn",
        sources=("home page",),
        note="Neighbouring digits stand in the picture too: the one in the middle counts.",
        label_changes=DIGITS,
    ),
    Dataset(
        name="gtsrb",
        title="GTSRB",
        level="intermediate",
        task="classification of German traffic signs",
        num_classes=43,
        images=(("train", 26_640), ("test", 12_630)),
        size=None,
        channels=3,
        licence=NOT_STATED,
        home="https://benchmark.ini.rub.de/",
        citation=(
            "Stallkamp, Schlipsing, Salmen and Igel, Man vs. computer: benchmarking machine "
            "learning algorithms for traffic sign recognition, Neural Networks 32, 2012"
        ),
        obtained="torchvision",
        torchvision="GTSRB",
        loader="cnncourse.data.gtsrb",
        sources=(
            "torchvision's prototype of the class (train)",
            "the readme in the archive of test images (test)",
        ),
        note=(
            "torchvision fetches the training part of the online round, not the larger one of "
            "the final. 30 pictures in a row show one sign coming nearer: a random split leaks."
        ),
        label_changes=TRAFFIC_SIGNS,
    ),
    Dataset(
        name="fer2013",
        title="FER-2013",
        level="intermediate",
        task="classification of facial expressions",
        num_classes=7,
        images=(("train", 28_709), ("test", 7_178)),
        size=(48, 48),
        channels=1,
        licence="by the rules of the Kaggle competition",
        home=(
            "https://www.kaggle.com/c/"
            "challenges-in-representation-learning-facial-expression-recognition-challenge"
        ),
        citation=(
            "Goodfellow et al., Challenges in representation learning: a report on three machine "
            "learning contests, ICONIP 2013, arXiv:1307.0414"
        ),
        obtained="Kaggle",
        torchvision="FER2013",
        loader="cnncourse.data.tables",
        sources=("descriptions that quote the paper: 28,709 + 3,589 + 3,589",),
        note=(
            "Faces found by a search engine for words, and labels that people dispute; 547 "
            "of disgust among 35,887. The test part is the public and the private one together."
        ),
    ),
    Dataset(
        name="stl10",
        title="STL-10",
        level="intermediate",
        task="classification of animals and vehicles",
        num_classes=10,
        images=(("train", 5_000), ("test", 8_000), ("unlabeled", 100_000)),
        size=(96, 96),
        channels=3,
        licence=NOT_STATED,
        home="https://cs.stanford.edu/~acoates/stl10/",
        citation=(
            "Coates, Lee and Ng, An analysis of single-layer networks in unsupervised feature "
            "learning, AISTATS 2011"
        ),
        obtained="torchvision",
        torchvision="STL10",
        loader="cnncourse.data.stl10",
        sources=("home page",),
        note="Few labels on purpose: made for learning from pictures without any.",
    ),
    Dataset(
        name="dogs-vs-cats",
        title="Dogs vs. Cats",
        level="intermediate",
        task="classification of photographs of pets",
        num_classes=2,
        images=(("train", 25_000),),
        size=None,
        channels=3,
        licence="by the rules of the Kaggle competition",
        home="https://www.kaggle.com/c/dogs-vs-cats",
        citation="Elson, Douceur, Howell and Saul, Asirra: a CAPTCHA, ACM CCS 2007",
        obtained="Kaggle",
        loader="cnncourse.data.photographs",
        sources=("the competition's page of files",),
        note=(
            "Kaggle's 12,500 test pictures have no labels; the loader keeps every fifth of the "
            "training pictures of each class for the test."
        ),
    ),
    Dataset(
        name="flowers",
        title="Flowers Recognition",
        level="intermediate",
        task="classification of flowers",
        num_classes=5,
        images=(("all", 4_242),),
        size=None,
        channels=3,
        licence=NOT_STATED,
        home="https://www.kaggle.com/datasets/alxmamaev/flowers-recognition",
        citation="Mamaev, Flowers Recognition, Kaggle",
        obtained="Kaggle",
        loader="cnncourse.data.photographs",
        sources=("the description on its Kaggle page, as quoted",),
        note=(
            "The number is that of its description, and the archive holds some more; no test "
            "part is given, so the loader keeps every fifth picture of each class. Colour goes "
            "a long way here: a histogram is a baseline to beat."
        ),
    ),
    Dataset(
        name="intel",
        title="Intel Image Classification",
        level="intermediate",
        task="classification of scenes",
        num_classes=6,
        images=(("train", 14_034), ("test", 3_000), ("unlabeled", 7_301)),
        size=(150, 150),
        channels=3,
        licence=NOT_STATED,
        home="https://www.kaggle.com/datasets/puneet6060/intel-image-classification",
        citation="Bansal, Intel Image Classification, Kaggle",
        obtained="Kaggle",
        loader="cnncourse.data.photographs",
        sources=("descriptions of the contest: 17,034 labelled, 7,301 not, 3,000 for the test",),
        note="Mountains and glaciers overlap in one and the same picture. A few differ in size.",
    ),
    Dataset(
        name="asl",
        title="ASL Alphabet",
        level="intermediate",
        task="classification of hand signs",
        num_classes=29,
        images=(("train", 87_000), ("test", 29)),
        size=(200, 200),
        channels=3,
        licence=NOT_STATED,
        home="https://www.kaggle.com/datasets/grassknoted/asl-alphabet",
        citation="Nagaraj, ASL Alphabet, Kaggle",
        obtained="Kaggle",
        loader="cnncourse.data.photographs",
        sources=("the description on its Kaggle page, as quoted",),
        note=(
            "3,000 pictures a class that follow each other as in a film, of few people: a random "
            "split scores near 100 % and means nothing. The test part is a picture a class."
        ),
        label_changes=HAND_SIGNS,
    ),
)
