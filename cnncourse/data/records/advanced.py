"""Advanced: too large for a laptop's memory, or with labels that are more than a class."""

from cnncourse.data.records.changes import BOXES_AND_MASKS
from cnncourse.data.records.record import NOT_STATED, Dataset

ADVANCED = (
    Dataset(
        name="imagenet",
        title="ImageNet (ILSVRC 2012)",
        level="advanced",
        task="classification of things",
        num_classes=1_000,
        images=(("train", 1_281_167), ("val", 50_000), ("test", 100_000)),
        size=None,
        channels=3,
        licence="for non-commercial research and education, on application",
        home="https://www.image-net.org/",
        citation=(
            "Russakovsky et al., ImageNet large scale visual recognition challenge, IJCV 2015, "
            "arXiv:1409.0575"
        ),
        obtained="application",
        torchvision="ImageNet",
        sources=("code and notes that quote Table 2 of the paper", "its terms, as quoted"),
        note="The labels of the test part were never published: results are on the 50,000.",
    ),
    Dataset(
        name="coco",
        title="COCO 2017",
        level="advanced",
        task="detection, segmentation, key points, captions",
        num_classes=80,
        images=(("train", 118_287), ("val", 5_000), ("test", 40_670)),
        size=None,
        channels=3,
        licence="the pictures are Flickr users', each under its own licence",
        home="https://cocodataset.org/",
        citation=(
            "Lin et al., Microsoft COCO: common objects in context, ECCV 2014, arXiv:1405.0312"
        ),
        obtained="download",
        torchvision="CocoDetection",
        sources=("descriptions of the 2017 release", "paperswithcode.com/dataset/coco"),
        note="torchvision's class needs pycocotools. Test labels stay with the makers.",
        label_changes=BOXES_AND_MASKS,
    ),
    Dataset(
        name="open-images",
        title="Open Images V7",
        level="advanced",
        task="labels, boxes, masks, relations",
        num_classes=600,
        images=(("train", 9_011_219), ("val", 41_620), ("test", 125_436)),
        size=None,
        channels=3,
        licence="annotations CC BY 4.0; pictures listed as CC BY 2.0, without warranty",
        home="https://storage.googleapis.com/openimages/web/",
        citation=("Kuznetsova et al., The Open Images dataset V4, IJCV 2020, arXiv:1811.00982"),
        obtained="download",
        sources=("home page", "readme of its repository (licences, numbers)"),
        note="600 classes have boxes; labels of whole pictures know some 20,000.",
        label_changes=BOXES_AND_MASKS,
    ),
    Dataset(
        name="places365",
        title="Places365-Standard",
        level="advanced",
        task="classification of scenes",
        num_classes=365,
        images=(("train", 1_803_460), ("val", 36_500), ("test", 328_500)),
        size=None,
        channels=3,
        licence=NOT_STATED,
        home="http://places2.csail.mit.edu/",
        citation=(
            "Zhou, Lapedriza, Khosla, Oliva and Torralba, Places: a 10 million image database "
            "for scene recognition, TPAMI 2018, arXiv:1610.02055"
        ),
        obtained="torchvision",
        torchvision="Places365",
        sources=("readme of the makers' development kit",),
        note="Also delivered small, 256 x 256. What a place is shows culture: look where from.",
    ),
    Dataset(
        name="kinetics700",
        title="Kinetics-700",
        level="advanced",
        task="classification of human actions in video",
        num_classes=700,
        images=(("all", 650_000),),
        size=None,
        channels=3,
        licence=NOT_STATED,
        home="https://github.com/cvdfoundation/kinetics-dataset",
        citation=(
            "Carreira, Noland, Hillier and Zisserman, A short note on the Kinetics-700 human "
            "action dataset, arXiv:1907.06987, 2019"
        ),
        obtained="download",
        torchvision="Kinetics",
        unit="clips",
        about=True,
        sources=("the paper", "readme of the home page's repository"),
        note="Clips of about 10 s from YouTube; some vanish every year, so copies differ.",
    ),
    Dataset(
        name="cityscapes",
        title="Cityscapes",
        level="advanced",
        task="segmentation of street scenes",
        num_classes=30,
        images=(("train", 2_975), ("val", 500), ("test", 1_525)),
        size=(1024, 2048),
        channels=3,
        licence="by its terms of use, after registration",
        home="https://www.cityscapes-dataset.com/",
        citation=(
            "Cordts et al., The Cityscapes dataset for semantic urban scene understanding, "
            "CVPR 2016, arXiv:1604.01685"
        ),
        obtained="application",
        torchvision="Cityscapes",
        sources=("the paper's abstract", "readme of the makers' scripts (parts)", "its terms"),
        note="19 of the 30 classes are scored. 20,000 more pictures have coarse labels.",
        label_changes=BOXES_AND_MASKS,
    ),
    Dataset(
        name="ade20k",
        title="ADE20K",
        level="advanced",
        task="segmentation of scenes",
        num_classes=150,
        images=(("train", 20_210), ("val", 2_000)),
        size=None,
        channels=3,
        licence="for non-commercial research and education, after registration",
        home="https://groups.csail.mit.edu/vision/datasets/ADE20K/",
        citation=(
            "Zhou et al., Semantic understanding of scenes through the ADE20K dataset, IJCV "
            "127(3), 2019, arXiv:1608.05442"
        ),
        obtained="application",
        sources=("home page", "readme of the makers' repository", "a copy's card (terms)"),
        note=(
            "Figures of the scene parsing benchmark; the whole set of 2021 has 25,574 and 2,000 "
            "pictures with 3,688 categories."
        ),
        label_changes=BOXES_AND_MASKS,
    ),
    Dataset(
        name="voc",
        title="PASCAL VOC 2012",
        level="advanced",
        task="classification, detection, segmentation",
        num_classes=20,
        images=(("trainval", 11_530),),
        size=None,
        channels=3,
        licence="the pictures are Flickr users', by Flickr's terms of use",
        home="http://host.robots.ox.ac.uk/pascal/VOC/",
        citation=(
            "Everingham, Van Gool, Williams, Winn and Zisserman, The PASCAL visual object "
            "classes challenge, IJCV 2010"
        ),
        obtained="torchvision",
        torchvision="VOCDetection",
        sources=("descriptions that quote the home page: 11,530 with 27,450 objects",),
        note="6,929 of its objects have masks. A picture can hold several classes.",
        label_changes=BOXES_AND_MASKS,
    ),
    Dataset(
        name="lsun",
        title="LSUN",
        level="advanced",
        task="classification of scenes; training of generators",
        num_classes=10,
        images=(("train", 10_000_000),),
        size=None,
        channels=3,
        licence=NOT_STATED,
        home="https://github.com/fyu/lsun",
        citation=(
            "Yu, Seff, Zhang, Song, Funkhouser and Xiao, LSUN: construction of a large-scale "
            "image dataset using deep learning with humans in the loop, arXiv:1506.03365, 2015"
        ),
        obtained="download",
        torchvision="LSUN",
        about=True,
        sources=("the paper's abstract", "readme of the home page's repository"),
        note=(
            "About a million pictures for each of 10 scenes (and of 20 objects, not counted "
            "here), the shorter side 256 pixels, in LMDB: torchvision's class needs lmdb."
        ),
    ),
    Dataset(
        name="youtube8m",
        title="YouTube-8M",
        level="advanced",
        task="labels of video, several each",
        num_classes=3_862,
        images=(("all", 6_100_000),),
        size=None,
        channels=3,
        licence="CC BY 4.0",
        home="https://research.google.com/youtube8m/",
        citation=(
            "Abu-El-Haija et al., YouTube-8M: a large-scale video classification benchmark, "
            "arXiv:1609.08675, 2016"
        ),
        obtained="download",
        unit="videos",
        about=True,
        sources=("home page's download page (licence)", "descriptions of the 2018 release"),
        note="No pictures inside: each second is the output of a trained network, 1,024 numbers.",
    ),
)
